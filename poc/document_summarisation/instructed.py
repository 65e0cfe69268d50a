"""A candidate that is told what to do: an instruction model of a hub or a folder, on this machine, at its most probable words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from evaluation.candidate import Predictor
from evaluation.samples import Samples
from poc.document_summarisation.seq2seq import SETTINGS, cut_to_limit, positions_of
from poc.pretrained import load_local, seed_everything

# A text that was cut within a word or letter may have some more tokens when it is read again.
AT_THE_CUT = 16
# What it is told; recorded with each run. Both marks are replaced.
PROMPT = """\
Résumez le document municipal ci-dessous pour les habitants, en français simple, en {limit_words} mots au plus, \
en un seul paragraphe. Dites d’abord ce qui est décidé, pour qui, où, quand et combien cela coûte. \
N’ajoutez rien qui ne soit pas dans le document.

Document :
{document}"""


class Instruction(NamedTuple):
    """How the model is asked.

    Attributes:
        limit_words: of a summary.
        prompt: with `{limit_words}` and `{document}`.
        source_tokens: of a document are read, from its beginning; the rest is not.
        most_tokens: that it may write.
    """

    limit_words: int
    prompt: str
    source_tokens: int
    most_tokens: int


class InstructedModel:
    """Asks the model for a summary of each text, one at a time.

    Args:
        tokenizer: with the model's template of a conversation.
        model: that goes on with a text.
        instruction: how it is asked.
        source: the model's name and revision, which are stored and not its weights.
    """

    packages = ("safetensors", "sentencex", "tokenizers", "torch", "transformers")

    def __init__(self, tokenizer: Any, model: Any, instruction: Instruction, source: tuple[str, str | None]) -> None:
        self.tokenizer = tokenizer
        self.model = model
        self.instruction = instruction
        self.source = source

    def predict(self, inputs: Sequence[str]) -> list[str]:
        """One summary a text, as the model writes it, up to the limit."""
        return [cut_to_limit(self._answer(text), self.instruction.limit_words) for text in inputs]

    def shares_read(self, inputs: Sequence[str]) -> list[float]:
        """Of each text, how many of its tokens are read."""
        return [min(1.0, self.instruction.source_tokens / max(1, len(self._tokens(text)))) for text in inputs]

    def save(self, folder: Path) -> None:
        """Write where the model comes from and how it is asked."""
        settings = {"instruction": self.instruction._asdict(), "source": self.source}
        (folder / SETTINGS).write_text(json.dumps(settings), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> InstructedModel:
        """Read back what `save` wrote, with the model from where it came from."""
        settings = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        name, revision = settings["source"]
        return cls(*load_instructed(name, revision), Instruction(**settings["instruction"]), (name, revision))

    @property
    def tokens_told(self) -> int:
        """How many tokens it is given besides a document's."""
        return len(self._asked("")["input_ids"][0])

    def _tokens(self, text: str) -> list[int]:
        found: list[int] = self.tokenizer(self._without_signs(text), add_special_tokens=False, verbose=False)["input_ids"]
        return found

    def _without_signs(self, text: str) -> str:
        """A document cannot end its own quotation and give orders in the model's own signs."""
        # Not all of them are listed as special tokens: those of Llama 3's conversations are only added to its words.
        for sign in {*self.tokenizer.all_special_tokens, *self.tokenizer.get_added_vocab()}:
            text = text.replace(sign, " ")
        return text

    def _answer(self, text: str) -> str:
        import torch

        self.model.eval()
        asked = self._asked(text)
        with torch.inference_mode():
            tokens = self.model.generate(
                input_ids=asked["input_ids"],
                attention_mask=asked["attention_mask"],
                do_sample=False,
                num_beams=1,
                # Settings of sampling that come with a model mean nothing here, and would be warned of.
                temperature=None,
                top_p=None,
                top_k=None,
                max_new_tokens=self.instruction.most_tokens,
                max_length=None,
                pad_token_id=self.tokenizer.pad_token_id
                if self.tokenizer.pad_token_id is not None
                else self.tokenizer.eos_token_id,
            )
        answer: str = self.tokenizer.decode(tokens[0, asked["input_ids"].shape[1] :], skip_special_tokens=True)
        return answer.strip()

    def _asked(self, text: str) -> Any:
        template = self.tokenizer.chat_template
        return self.tokenizer(self._question(text), add_special_tokens=not template, return_tensors="pt", verbose=False)

    def _question(self, text: str) -> str:
        # Some tokenizers make plain letters of full-width ones: then a sign is there only now.
        read = self._without_signs(self.tokenizer.decode(self._tokens(text)[: self.instruction.source_tokens]))
        prompt = self.instruction.prompt.replace("{limit_words}", str(self.instruction.limit_words)).replace("{document}", read)
        if not self.tokenizer.chat_template:
            return f"{prompt}\n\nRésumé :"
        messages = [{"role": "user", "content": prompt}]
        question: str = self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        return question


def fit_hub_llm(
    train: Samples,
    *,
    seed: int,
    limit_words: int,
    model: str,
    revision: str | None,
    source_tokens: int,
    most_tokens: int,
    prompt: str = PROMPT,
) -> Predictor:
    """An instruction model as it is: one of a hub at a pinned revision, already on this machine, or a local folder.

    Raises:
        CandidateUnavailableError: the model is not on this machine.
    """
    del train  # it was trained by others
    seed_everything(seed)
    tokenizer, loaded = load_instructed(model, revision)
    predictor = InstructedModel(tokenizer, loaded, Instruction(limit_words, prompt, source_tokens, most_tokens), (model, revision))
    # What it is told, what it is to read and what it writes must all find room in the model.
    room = positions_of(loaded) - most_tokens - predictor.tokens_told - AT_THE_CUT
    predictor.instruction = predictor.instruction._replace(source_tokens=max(1, min(source_tokens, room)))
    return predictor


def load_instructed(name: str, revision: str | None = None) -> tuple[Any, Any]:
    """Tokenizer and model of a folder, or of a hub model in this machine's cache; only safetensors are read.

    Raises:
        CandidateUnavailableError: there is no such folder, or the model is not in the cache.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    def load(source: str, **shared: Any) -> tuple[Any, Any]:
        model = AutoModelForCausalLM.from_pretrained(source, use_safetensors=True, dtype="float32", **shared)
        return AutoTokenizer.from_pretrained(source, **shared), model

    return load_local(name, revision, load, candidate="hub-llm")
