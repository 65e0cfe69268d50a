"""Candidates that read words in their context: a small encoder trained here from nothing, and a pretrained one fine-tuned."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluation.candidate import Predictor
from evaluation.samples import Samples
from poc.pretrained import load_local, seed_everything, train_byte_pairs, train_in_steps

if TYPE_CHECKING:
    import torch

# Tokens read of a message; nine in ten of the sample messages are shorter.
LONGEST_MESSAGE = 128
TRAIN_BATCH = 32
PREDICT_BATCH = 64


class TextClassifier:
    """A tokenizer and an encoder with one output per label. Stored as safetensors.

    Args:
        tokenizer: turns texts into numbered tokens.
        model: turns tokens into one logit per label.
        labels: in the order of the model's outputs.
    """

    packages = ("safetensors", "tokenizers", "torch", "transformers")

    def __init__(self, tokenizer: Any, model: Any, labels: Sequence[str]) -> None:
        self.tokenizer = tokenizer
        self.model = model
        self.labels = list(labels)

    def predict(self, inputs: Sequence[str]) -> list[str]:
        """One label per text."""
        return [self.labels[int(best)] for best in self._logits(inputs).argmax(dim=1)]

    def predict_proba(self, inputs: Sequence[str]) -> list[list[float]]:
        """Probabilities, one row a text, in the order of `labels`."""
        rows: list[list[float]] = self._logits(inputs).softmax(dim=1).tolist()
        return rows

    def save(self, folder: Path) -> None:
        """Write weights, tokenizer and labels into a folder."""
        self.model.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)

    @classmethod
    def load(cls, folder: Path) -> TextClassifier:
        """Read back what `save` wrote."""
        tokenizer, model = load_checkpoint(str(folder))
        names = model.config.id2label
        return cls(tokenizer, model, [names[number] for number in range(len(names))])

    def _logits(self, inputs: Sequence[str]) -> torch.Tensor:
        import torch

        self.model.eval()
        # Texts of one length together: less padding is read.
        order = sorted(range(len(inputs)), key=lambda place: len(inputs[place]))
        rows: list[torch.Tensor | None] = [None] * len(inputs)
        with torch.inference_mode():
            for begin in range(0, len(order), PREDICT_BATCH):
                places = order[begin : begin + PREDICT_BATCH]
                logits = self.model(**encode(self.tokenizer, [inputs[place] for place in places])).logits
                for place, row in zip(places, logits, strict=True):
                    rows[place] = row
        return torch.stack([row for row in rows if row is not None])


def encode(tokenizer: Any, texts: Sequence[str]) -> Any:
    """A padded batch of token numbers, cut to `LONGEST_MESSAGE`."""
    return tokenizer(list(texts), padding=True, truncation=True, max_length=LONGEST_MESSAGE, return_tensors="pt")


def fit_tiny_transformer(
    train: Samples, *, seed: int, vocabulary: int, width: int, layers: int, heads: int, epochs: int, learning_rate: float
) -> Predictor:
    """Train a tokenizer and a small encoder on `train` alone."""
    from transformers import BertConfig, BertForSequenceClassification

    seed_everything(seed)
    labels = sorted(set(train.targets))
    tokenizer = train_byte_pairs(train.inputs, vocabulary)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=2 * width,
        max_position_embeddings=LONGEST_MESSAGE,
        pad_token_id=tokenizer.pad_token_id,
        **_label_names(labels),
    )
    classifier = TextClassifier(tokenizer, BertForSequenceClassification(config), labels)
    train_classifier(classifier, train, seed=seed, epochs=epochs, learning_rate=learning_rate)
    return classifier


def fit_hub_transformer(
    train: Samples, *, seed: int, model: str, revision: str | None, epochs: int, learning_rate: float
) -> Predictor:
    """Fine-tune a pretrained model: one of a hub at a pinned revision, already on this machine, or a local folder.

    Raises:
        CandidateUnavailableError: the model is not on this machine.
    """
    seed_everything(seed)
    labels = sorted(set(train.targets))
    tokenizer, encoder = load_checkpoint(model, revision, **_label_names(labels))
    classifier = TextClassifier(tokenizer, encoder, labels)
    train_classifier(classifier, train, seed=seed, epochs=epochs, learning_rate=learning_rate)
    return classifier


def load_checkpoint(name: str, revision: str | None = None, **config: Any) -> tuple[Any, Any]:
    """Tokenizer and classifier of a folder, or of a hub model in this machine's cache.

    Only safetensors are read, and no code that comes with a model is run.

    Raises:
        CandidateUnavailableError: there is no such folder, or the model is not in the cache.
    """
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    def load(source: str, **shared: Any) -> tuple[Any, Any]:
        tokenizer = AutoTokenizer.from_pretrained(source, **shared)
        model = AutoModelForSequenceClassification.from_pretrained(
            source, use_safetensors=True, ignore_mismatched_sizes=bool(config), **shared, **config
        )
        return tokenizer, model

    return load_local(name, revision, load, candidate="hub-transformer")


def train_classifier(classifier: TextClassifier, train: Samples, *, seed: int, epochs: int, learning_rate: float) -> None:
    """Train in place: AdamW, a learning rate that rises and falls, batches of texts of similar length."""
    import torch

    model = classifier.model
    numbers = {label: number for number, label in enumerate(classifier.labels)}

    def loss_of(places: Sequence[int]) -> Any:
        batch = encode(classifier.tokenizer, [train.inputs[place] for place in places])
        answers = torch.tensor([numbers[train.targets[place]] for place in places])
        return torch.nn.functional.cross_entropy(model(**batch).logits, answers)

    train_in_steps(model, list(_epochs(train, epochs, random.Random(seed))), loss_of, learning_rate)


def _epochs(train: Samples, epochs: int, chance: random.Random) -> Iterator[list[int]]:
    """Batches of places in `train`, shuffled anew each epoch; a batch holds texts of similar length."""
    for _ in range(epochs):
        order = list(range(len(train)))
        chance.shuffle(order)
        # Sorting within large groups keeps most of the shuffling and saves most of the padding.
        group = 16 * TRAIN_BATCH
        for begin in range(0, len(order), group):
            alike = sorted(order[begin : begin + group], key=lambda place: len(train.inputs[place]))
            batches = [alike[start : start + TRAIN_BATCH] for start in range(0, len(alike), TRAIN_BATCH)]
            chance.shuffle(batches)
            yield from batches


def _label_names(labels: Sequence[str]) -> dict[str, Any]:
    return {"id2label": dict(enumerate(labels)), "label2id": {label: number for number, label in enumerate(labels)}}
