"""`indicateurs.csv`: what the POCs come to, in the national schema for the impact of digital public services, which is in French.

The schema knows values that were measured and values that are aimed at. A projection is neither: its rows say so, under a name of
their own, and are not marked as measured.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import isfinite

from evaluation.assessment import Assessment
from evaluation.energy.factors import WH_PER_KWH
from evaluation.goals import Goals
from evaluation.judgement.comparison import CandidateResult
from evaluation.judgement.verdict import BEST_FIRST, Decision
from evaluation.publishing.language import Language
from evaluation.publishing.tables import Cell
from evaluation.run import Campaign

Row = dict[str, Cell]

UNKNOWN_ADMINISTRATION = "non renseigné"
PROGRAMME = "Programme de POC d’intelligence artificielle"
FRENCH = Language("fr")
ENERGY, QUALITY = "Énergie par unité fonctionnelle, candidat de tête", "Qualité, candidat de tête"
DEVELOPMENT, WITHOUT_RESULT = "Énergie de tout le développement", "Énergie dépensée sans résultat"
YEAR, YEAR_PROJECTED = "Énergie d’une année de service", "Énergie d’une année de service (projection)"
CARBON_PROJECTED = "Carbone d’une année de service (projection)"
CAMPAIGNS, POCS = "Nombre de campagnes de mesure", "Nombre de POC éprouvés"
PROGRAMME_YEAR = "Énergie de mesure du programme dans l’année"
DECISIONS: dict[Decision, str] = {
    "GO": "Nombre de POC conclus par un GO",
    "GO IF": "Nombre de POC conclus par un GO sous conditions",
    "NOT CONCLUSIVE": "Nombre de POC sans conclusion possible",
    "NO GO": "Nombre de POC conclus par un NO GO",
}
IN_WORDS: dict[Decision, str] = {
    "GO": "GO",
    "GO IF": "GO sous conditions (GO IF)",
    "NOT CONCLUSIVE": "pas de conclusion possible (NOT CONCLUSIVE)",
    "NO GO": "NO GO",
}
AIM = "Plafond fixé par les objectifs du POC avant la mesure, sans échéance : la date est celle de l’export."
FLOOR = "Plancher fixé par les objectifs du POC avant la mesure, sans échéance : la date est celle de l’export."
NEITHER = (
    "Projection : ni mesurée, ni visée. est_cible vaut true parce que le schéma réserve false aux valeurs mesurées à une date "
    "passée ; la date est celle de l’export."
)


@dataclass
class Tried:
    """What is known of a POC once its campaigns were read.

    Attributes:
        goals: as they are now.
        campaigns: how many of them were read.
        without_result_wh: used by what failed or was interrupted, and by windows that do not count.
        measured_wh: by day, what campaigns that began on it used.
        development_wh: all that was ever used for it; none where not all of it is exported.
        latest: the latest finished campaign, judged; none where there is none.
        ended: the day on which that one ended.
    """

    name: str
    goals: Goals
    campaigns: int = 0
    without_result_wh: float = 0.0
    measured_wh: dict[dt.date, float] = field(default_factory=dict)
    development_wh: float | None = None
    latest: Assessment | None = None
    ended: dt.date | None = None

    def add(self, campaign: Campaign, found: Assessment | None) -> None:
        """Count a campaign; they come in the order in which they began.

        Args:
            campaign: as it is recorded.
            found: what is to be said of it; none where nothing can be.
        """
        self.campaigns += 1
        self.without_result_wh += without_result_wh(campaign)
        day = campaign.started.astimezone(dt.UTC).date()
        self.measured_wh[day] = self.measured_wh.get(day, 0.0) + campaign.energy_wh
        if campaign.status == "finished" and found:
            self.latest, self.ended = found, (campaign.ended or campaign.started).astimezone(dt.UTC).date()


def without_result_wh(campaign: Campaign) -> float:
    """What led to no result: runs that did not finish, windows that do not count, and the idle machine where nothing finished."""
    finished = any(run.status == "finished" for run in campaign.runs)
    lost = [(reading, run.status == "finished") for run in campaign.runs for reading in run.readings]
    lost += [(reading, finished) for reading in campaign.readings]
    return sum(reading.energy_wh for reading, led in lost if not (led and reading.counts))


@dataclass(frozen=True)
class _Service:
    """Whose figures they are, and when they are exported."""

    administration: str
    name: str
    date: dt.date

    def row(
        self,
        indicator: str,
        value: float,
        unit: str,
        *,
        comment: str,
        aimed: bool = False,
        kind: str = "impact",
        date: dt.date | None = None,
        since: dt.date | None = None,
        picture: str = "barchart",
    ) -> Row:
        return {
            "administration_rattachement": self.administration,
            "nom_service_public_numerique": self.name,
            "indicateur": indicator,
            "valeur": value,
            "unite_mesure": unit,
            "est_cible": aimed,
            "type_indicateur": kind,
            "frequence_monitoring": "autre",
            "date": date or self.date,
            "est_periode": since is not None,
            "date_debut": since,
            "est_automatise": True,
            "source_collecte": "script",
            "dataviz_wish": picture,
            "commentaires": comment,
        }

    def ceiling(self, goals: Goals, goal: str, indicator: str, unit: str) -> Iterator[Row]:
        """The ceiling of a goal as what is aimed at, where there is one."""
        bound = goals.goal.get(goal)
        if bound and bound.ceiling is not None:
            hoped = "" if bound.target is None else f" Valeur espérée : {FRENCH.number(bound.target)} {unit}."
            yield self.row(indicator, bound.ceiling, unit, comment=f"{AIM}{hoped}", aimed=True)


def poc_rows(tried: Tried, administration: str, date: dt.date) -> Iterator[Row]:
    """The rows of a POC.

    Args:
        tried: what is known of it.
        administration: whose POC it is.
        date: of the export.
    """
    service = _Service(administration, tried.name, date)
    if tried.latest and tried.latest.verdicts.leading:
        yield from _leading_rows(service, tried, tried.latest, tried.latest.comparison.result(tried.latest.verdicts.leading))
    if tried.development_wh is None:
        return
    comment = "Tout ce qui a été mesuré pour ce POC depuis le début, échecs, campagnes interrompues et supprimées compris."
    yield service.row(DEVELOPMENT, tried.development_wh / WH_PER_KWH, "kWh", comment=comment, picture="linechart")
    yield from service.ceiling(tried.goals, "development_kwh", DEVELOPMENT, "kWh")
    comment = (
        "Échecs, interruptions et mesures écartées, dans les campagnes qui sont encore enregistrées. Inclus dans l’énergie de tout "
    )
    comment += "le développement."
    yield service.row(WITHOUT_RESULT, tried.without_result_wh / WH_PER_KWH, "kWh", comment=comment)
    comment = "Campagnes terminées et interrompues, enregistrées à la date de l’export."
    yield service.row(CAMPAIGNS, tried.campaigns, "unité", comment=comment, kind="usage", picture="linechart")


def _leading_rows(service: _Service, tried: Tried, found: Assessment, result: CandidateResult) -> Iterator[Row]:
    """Of the latest finished campaign's leading candidate: energy, quality and what a year of it would take."""
    campaign, goals, date = found.comparison.campaign, tried.goals, tried.ended
    quick = " Essai rapide (--quick) : pas une base de décision." if campaign.protocol.quick else ""
    decision = IN_WORDS[found.verdicts.decision]
    said = f"Candidat {result.name}, campagne {campaign.id}. Conclusion : {decision}.{quick}"
    if result.energy_wh and result.true_wh:
        unit = f"Wh pour {_unit(campaign.unit_name)}"
        low, high = (FRENCH.number(end) for end in result.true_wh)
        known = f"Énergie brute de la machine, classe de preuve {result.evidence} : la vraie valeur est entre {low} et {high} Wh."
        yield service.row(ENERGY, result.energy_wh.value, unit, comment=f"{said} {known}", date=date)
        yield from service.ceiling(goals, "energy_per_unit_wh", ENERGY, unit)
    yield from _quality_rows(service, tried, found, result, said)
    if found.scenario.deployment and result.per_sample:
        yield from _year_rows(service, found, result, said)
    yield from service.ceiling(goals, "deployed_kwh_per_year", YEAR, "kWh/an")


def _quality_rows(service: _Service, tried: Tried, found: Assessment, result: CandidateResult, said: str) -> Iterator[Row]:
    metric = found.comparison.metric
    score, unit = result.scores[metric.name], metric.unit or "score"
    indicator = f"{QUALITY} ({metric.name})"
    if isfinite(score.value):
        low, high = ("inconnue" if end is None else FRENCH.score(end) for end in (score.low, score.high))
        comment = (
            f"{said} Intervalle à 95 % : {low} à {high}, sur {FRENCH.count(result.campaign.data.test_samples)} exemples de test."
        )
        yield service.row(indicator, score.value, unit, comment=comment, date=tried.ended)
    goal = tried.goals.goal.get("quality")
    if goal and goal.floor is not None:
        yield service.row(indicator, goal.floor, unit, comment=FLOOR, aimed=True)


def _year_rows(service: _Service, found: Assessment, result: CandidateResult, said: str) -> Iterator[Row]:
    year, carbon, factor = found.scenario.service(result), found.scenario.carbon_range_kg(result), found.scenario.factor
    bound = " Borne basse : la mémoire du candidat est inconnue." if year.share_is_lower_bound else ""
    of = f"{FRENCH.count(year.requests)} demandes, part de veille d’un serveur et PUE de {FRENCH.number(year.pue)} compris.{bound}"
    comment = f"{NEITHER} {said} {of}"
    yield service.row(YEAR_PROJECTED, year.energy_kwh, "kWh/an", comment=comment, aimed=True)
    low, high = FRENCH.number(carbon.low), FRENCH.number(carbon.high)
    comment = (
        f"{comment} Électricité selon {factor.id} ({FRENCH.number(factor.g_per_kwh)} g/kWh), fabrication du serveur comprise ; "
    )
    comment += f"entre {low} et {high} kg selon les hypothèses."
    yield service.row(CARBON_PROJECTED, carbon.central, "kg éq. CO2/an", comment=comment, aimed=True)


def programme_rows(tried: Sequence[Tried], administration: str, date: dt.date, ceiling_kwh_per_year: float | None) -> Iterator[Row]:
    """The rows of all POCs together.

    Args:
        tried: all of them.
        administration: whose programme it is.
        date: of the export.
        ceiling_kwh_per_year: of the programme's energy; none where nobody set one.
    """
    service = _Service(administration, PROGRAMME, date)
    begun = [each for each in tried if each.campaigns]
    comment = "POC dont au moins une campagne de mesure a commencé."
    yield service.row(POCS, len(begun), "unité", comment=comment, kind="usage", picture="linechart")
    decided = [each.latest.verdicts.decision for each in begun if each.latest]
    for decision in BEST_FIRST:
        comment = "D’après la dernière campagne terminée de chaque POC. Un NO GO est un résultat comme un autre."
        yield service.row(DECISIONS[decision], decided.count(decision), "unité", comment=comment)
    first = dt.date(date.year, 1, 1)
    used_wh = sum(energy_wh for each in tried for day, energy_wh in each.measured_wh.items() if first <= day <= date)
    comment = (
        "Toutes les campagnes commencées dans l’année jusqu’à la date, échecs compris ; celles qui ont été supprimées n’y sont pas."
    )
    yield service.row(PROGRAMME_YEAR, used_wh / WH_PER_KWH, "kWh", comment=comment, since=first)
    if ceiling_kwh_per_year is not None:
        comment, last = "Plafond annuel fixé par la ville pour tous les POC.", dt.date(date.year, 12, 31)
        yield service.row(PROGRAMME_YEAR, ceiling_kwh_per_year, "kWh", comment=comment, aimed=True, date=last, since=first)


def _unit(name: str) -> str:
    """The functional unit in French, where somebody translated it."""
    return FRENCH.recorded(name) or name
