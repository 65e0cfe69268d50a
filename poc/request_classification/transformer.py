"""Candidates that read words in their context: a small encoder trained here from nothing, and a pretrained one fine-tuned."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluation.candidate import Predictor
from evaluation.exceptions import CandidateUnavailableError
from evaluation.samples import Samples

if TYPE_CHECKING:
    import torch

# Tokens read of a message; nine in ten of the sample messages are shorter.
LONGEST_MESSAGE = 128
TRAIN_BATCH = 32
PREDICT_BATCH = 64
# Share of the steps over which the learning rate rises before it falls to nothing, as is usual for these models.
WARM_UP_SHARE = 0.1
WEIGHT_DECAY = 0.01
LARGEST_GRADIENT = 1.0
# Tokens that are no words, as BERT writes them.
PADDING, UNKNOWN, BEGIN, END = "[PAD]", "[UNK]", "[CLS]", "[SEP]"


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

    _seed_everything(seed)
    labels = sorted(set(train.targets))
    tokenizer = train_tokenizer(train.inputs, vocabulary)
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
    _seed_everything(seed)
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

    folder = Path(name).expanduser()
    shared = {"local_files_only": True, "trust_remote_code": False, "revision": None if folder.is_dir() else revision}
    source = str(folder) if folder.is_dir() else name
    try:
        tokenizer = AutoTokenizer.from_pretrained(source, **shared)
        model = AutoModelForSequenceClassification.from_pretrained(
            source, use_safetensors=True, ignore_mismatched_sizes=bool(config), **shared, **config
        )
    except (OSError, ValueError) as error:
        if folder.is_dir() or name.startswith(("/", ".", "~")):
            raise CandidateUnavailableError(
                f"there is no model with its tokenizer in the folder {name} (config.json, model.safetensors, tokenizer.json)",
                remedy="--param hub-transformer.model=FOLDER with a folder that save_pretrained wrote",
            ) from error
        pinned = f" --revision {revision}" if revision else ""
        raise CandidateUnavailableError(
            f"the model {name} is not on this machine, and nothing is fetched unasked",
            remedy=f".venv/bin/hf download {name}{pinned}",
        ) from error
    return tokenizer, model


def train_tokenizer(texts: Sequence[str], vocabulary: int) -> Any:
    """A byte-pair tokenizer without accents or capitals, learnt from these texts."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    special = [PADDING, UNKNOWN, BEGIN, END]
    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFD(), normalizers.Lowercase(), normalizers.StripAccents()])
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.BpeTrainer(vocab_size=vocabulary, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BEGIN} $A {END}", special_tokens=[(token, special.index(token)) for token in (BEGIN, END)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token=PADDING, unk_token=UNKNOWN, cls_token=BEGIN, sep_token=END)


def train_classifier(classifier: TextClassifier, train: Samples, *, seed: int, epochs: int, learning_rate: float) -> None:
    """Train in place: AdamW, a learning rate that rises and falls, batches of texts of similar length."""
    import torch

    model = classifier.model
    model.train()
    numbers = {label: number for number, label in enumerate(classifier.labels)}
    batches = list(_epochs(train, epochs, random.Random(seed)))
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=WEIGHT_DECAY)
    rise = max(1, round(WARM_UP_SHARE * len(batches)))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / rise, (len(batches) - step) / max(1, len(batches) - rise))
    )
    for places in batches:
        batch = encode(classifier.tokenizer, [train.inputs[place] for place in places])
        answers = torch.tensor([numbers[train.targets[place]] for place in places])
        loss = torch.nn.functional.cross_entropy(model(**batch).logits, answers)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), LARGEST_GRADIENT)
        optimizer.step()
        schedule.step()


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


def _seed_everything(seed: int) -> None:
    import torch

    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(mode=True)
