"""Candidates that read a text and write another: an encoder and a decoder, trained here from nothing or taken from a hub."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from evaluation.candidate import Predictor
from evaluation.exceptions import CandidateUnavailableError
from evaluation.messages import words
from evaluation.samples import Samples
from evaluation.texts.sentences import split_sentences
from poc.document_summarisation.extractive import leading, within_limit
from poc.pretrained import load_local, seed_everything, train_byte_pairs, train_in_steps

TRAIN_BATCH, PREDICT_BATCH = 8, 4
# French takes about one and a half tokens a word; what is written beyond the limit is cut off.
TOKENS_PER_WORD = 2
SETTINGS = "summariser.json"
# What torch leaves out of a loss.
IGNORED = -100


class Writing(NamedTuple):
    """How summaries are written.

    Attributes:
        limit_words: of a summary.
        source_tokens: of a text are read, from its beginning; the rest is not.
        beams: how many beginnings are followed at a time.
    """

    limit_words: int
    source_tokens: int
    beams: int


class SummaryWriter:
    """Reads the beginning of a text and writes a summary, the most probable one that it finds.

    Args:
        tokenizer: turns texts into numbered tokens and back.
        model: an encoder and decoder.
        writing: how.
        source: where the model comes from, if it was taken as it is: its name and revision are stored and not its weights.
    """

    packages = ("safetensors", "sentencex", "tokenizers", "torch", "transformers")

    def __init__(self, tokenizer: Any, model: Any, writing: Writing, source: tuple[str, str | None] | None = None) -> None:
        self.tokenizer = tokenizer
        self.model = model
        self.writing = writing
        self.source = source

    def predict(self, inputs: Sequence[str]) -> list[str]:
        """One summary a text, of whole sentences where the limit lets them be whole."""
        order = sorted(range(len(inputs)), key=lambda place: len(inputs[place]))
        written: dict[int, str] = {}
        for begin in range(0, len(order), PREDICT_BATCH):
            places = order[begin : begin + PREDICT_BATCH]
            written.update(zip(places, self._write([inputs[place] for place in places]), strict=True))
        return [cut_to_limit(written[place], self.writing.limit_words) for place in range(len(inputs))]

    def shares_read(self, inputs: Sequence[str]) -> list[float]:
        """Of each text, how many of its tokens are read."""
        counts = (len(self.tokenizer(text, verbose=False)["input_ids"]) for text in inputs)
        return [min(1.0, self.writing.source_tokens / max(1, count)) for count in counts]

    def save(self, folder: Path) -> None:
        """Write weights and tokenizer into a folder, or where they came from."""
        settings = {"writing": self.writing._asdict(), "source": self.source}
        (folder / SETTINGS).write_text(json.dumps(settings), encoding="utf-8")
        if self.source is None:
            self.model.save_pretrained(folder)
            self.tokenizer.save_pretrained(folder)

    @classmethod
    def load(cls, folder: Path) -> SummaryWriter:
        """Read back what `save` wrote."""
        settings = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        source = settings["source"] and tuple(settings["source"])
        tokenizer, model = load_seq2seq(*(source or (str(folder), None)))
        return cls(tokenizer, model, Writing(**settings["writing"]), source)

    def _write(self, texts: Sequence[str]) -> list[str]:
        import torch

        self.model.eval()
        batch = encode(self.tokenizer, texts, self.writing.source_tokens)
        with torch.inference_mode():
            tokens = self.model.generate(
                **batch,
                do_sample=False,
                num_beams=self.writing.beams,
                max_new_tokens=min(TOKENS_PER_WORD * self.writing.limit_words, positions_of(self.model)),
                # Unlike the limit of new tokens, this one of the model's own would come first.
                max_length=None,
            )
        found: list[str] = self.tokenizer.batch_decode(tokens, skip_special_tokens=True)
        return found


def encode(tokenizer: Any, texts: Sequence[str], most_tokens: int) -> Any:
    """A padded batch of token numbers; no control character makes a difference."""
    batch = tokenizer(list(texts), padding=True, truncation=True, max_length=most_tokens, return_tensors="pt")
    # Some tokenizers tell which of two texts a token belongs to; these models do not ask.
    return {name: batch[name] for name in ("input_ids", "attention_mask")}


def cut_to_limit(summary: str, limit_words: int) -> str:
    """What was written, as far as it fits into the limit."""
    sentences = split_sentences(summary)
    return within_limit(sentences, leading(sentences, range(len(sentences)), limit_words), limit_words)


def fit_tiny_seq2seq(
    train: Samples,
    *,
    seed: int,
    limit_words: int,
    vocabulary: int,
    width: int,
    layers: int,
    heads: int,
    epochs: int,
    learning_rate: float,
    source_tokens: int,
) -> Predictor:
    """Train a tokenizer and a small BART on `train` alone. Fifty documents teach it no French: it shows that the path works.

    Raises:
        CandidateUnavailableError: no training document has a reference summary.
    """
    from transformers import BartConfig, BartForConditionalGeneration

    pairs = [(sample.input, target) for sample in train for target in sample.targets]
    if not pairs:
        raise CandidateUnavailableError(
            words("it learns from reference summaries, and found none"),
            remedy=words("give training documents with a reference each (--target COLUMN)"),
        )
    seed_everything(seed)
    tokenizer = train_byte_pairs([text for pair in pairs for text in pair], vocabulary, keep_letters=True)
    begin, end = tokenizer.cls_token_id, tokenizer.sep_token_id
    config = BartConfig(
        vocab_size=len(tokenizer),
        d_model=width,
        encoder_layers=layers,
        decoder_layers=layers,
        encoder_attention_heads=heads,
        decoder_attention_heads=heads,
        encoder_ffn_dim=2 * width,
        decoder_ffn_dim=2 * width,
        max_position_embeddings=max(source_tokens, 2 * TOKENS_PER_WORD * limit_words),
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=begin,
        eos_token_id=end,
        decoder_start_token_id=begin,
        forced_eos_token_id=None,
    )
    writer = SummaryWriter(tokenizer, BartForConditionalGeneration(config), Writing(limit_words, source_tokens, beams=1))
    batches = list(_batches(len(pairs), epochs, random.Random(seed)))
    train_in_steps(writer.model, batches, lambda places: _loss(writer, [pairs[place] for place in places]), learning_rate)
    return writer


def _batches(size: int, epochs: int, chance: random.Random) -> Iterator[list[int]]:
    for _ in range(epochs):
        order = list(range(size))
        chance.shuffle(order)
        yield from (order[begin : begin + TRAIN_BATCH] for begin in range(0, size, TRAIN_BATCH))


def _loss(writer: SummaryWriter, pairs: Sequence[tuple[str, str]]) -> Any:
    texts, summaries = zip(*pairs, strict=True)
    targets = encode(writer.tokenizer, summaries, TOKENS_PER_WORD * writer.writing.limit_words)
    # The first token is what the decoder begins with, and not what it has to find.
    labels = targets["input_ids"][:, 1:].masked_fill(targets["attention_mask"][:, 1:] == 0, IGNORED)
    return writer.model(**encode(writer.tokenizer, texts, writer.writing.source_tokens), labels=labels).loss


def fit_hub_seq2seq(
    train: Samples, *, seed: int, limit_words: int, model: str, revision: str | None, beams: int, source_tokens: int
) -> Predictor:
    """A pretrained summariser as it is: one of a hub at a pinned revision, already on this machine, or a local folder.

    Raises:
        CandidateUnavailableError: the model is not on this machine.
    """
    del train  # it was trained by others
    seed_everything(seed)
    tokenizer, loaded = load_seq2seq(model, revision)
    return SummaryWriter(
        tokenizer, loaded, Writing(limit_words, min(source_tokens, positions_of(loaded)), beams), (model, revision)
    )


def positions_of(model: Any) -> int:
    """How many tokens a model can have before it at most; beyond them it fails or goes astray."""
    return getattr(model.config, "max_position_embeddings", None) or sys.maxsize


def load_seq2seq(name: str, revision: str | None = None) -> tuple[Any, Any]:
    """Tokenizer and model of a folder, or of a hub model in this machine's cache.

    The default model is published as PyTorch's own archive only. Of such a file torch builds nothing but tensors (`weights_only`,
    which transformers asks for); where there are safetensors, they are taken.

    Raises:
        CandidateUnavailableError: there is no such folder, or the model is not in the cache.
    """
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    def load(source: str, **shared: Any) -> tuple[Any, Any]:
        return AutoTokenizer.from_pretrained(source, **shared), AutoModelForSeq2SeqLM.from_pretrained(source, **shared)

    return load_local(name, revision, load, candidate="hub-seq2seq")
