"""Request classification: which of a city's services should get a citizen's message."""

from evaluation.candidate import Candidate
from evaluation.metrics import accuracy, macro_f1
from evaluation.task import Task, Unit
from poc.request_classification.keywords import fit_keywords
from poc.request_classification.linear import fit_linear_svc, fit_logistic_regression, fit_majority
from poc.request_classification.transformer import fit_hub_transformer, fit_tiny_transformer

TASK = Task(
    name="request-classification",
    version="1",
    data="data_samples/request_classification/requests.csv",
    input="message",
    target="service",
    slices=("channel", "urgent"),
    unit=Unit("1 000 requests routed", size=1000),
    metrics=(macro_f1, accuracy),
)

CANDIDATES = (
    Candidate("majority", fit_majority),
    Candidate("keywords", fit_keywords, baseline=True),
    Candidate("tfidf-logreg", fit_logistic_regression, params={"C": 20.0}),
    Candidate("tfidf-linearsvc", fit_linear_svc, params={"C": 1.0}),
    Candidate(
        "tiny-transformer",
        fit_tiny_transformer,
        params={"vocabulary": 8000, "width": 128, "layers": 2, "heads": 4, "epochs": 10, "learning_rate": 1e-3},
    ),
    Candidate(
        "hub-transformer",
        fit_hub_transformer,
        params={
            "model": "almanach/camembertav2-base",
            "revision": "54cc91d6ac45a540c7e0faeb677f4dd8201d3d61",
            "epochs": 5,
            "learning_rate": 5e-5,
        },
    ),
)
