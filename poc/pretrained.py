"""What candidates with transformer models share: loading what is on this machine, training a tokenizer, the steps of training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from evaluation.exceptions import CandidateUnavailableError
from evaluation.messages import say, words

# Share of the steps over which the learning rate rises before it falls to nothing, as is usual for these models.
WARM_UP_SHARE = 0.1
WEIGHT_DECAY = 0.01
LARGEST_GRADIENT = 1.0
# Tokens that are no words, as BERT writes them.
PADDING, UNKNOWN, BEGIN, END = "[PAD]", "[UNK]", "[CLS]", "[SEP]"
NO_MODEL = words("there is no model with its tokenizer in the folder {folder} (config.json, model.safetensors, tokenizer.json)")

Loaded = TypeVar("Loaded")


def seed_everything(seed: int) -> None:
    """Make what torch does by chance the same for the same seed, bit by bit."""
    import torch

    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(mode=True)


def load_local(name: str, revision: str | None, load: Callable[..., Loaded], *, candidate: str) -> Loaded:
    """What `load` makes of a model in a folder, or of a hub's in this machine's cache. No code that comes with a model is run.

    Args:
        name: of the folder or of the hub's model.
        revision: of the hub's model; a folder has none.
        load: called with the source and the arguments for each `from_pretrained`.
        candidate: whose `model` it is, for what a user is told.

    Raises:
        CandidateUnavailableError: there is no such folder, or the model is not in the cache.
    """
    folder = Path(name).expanduser()
    is_folder = folder.is_dir()
    try:
        return load(
            str(folder) if is_folder else name,
            local_files_only=True,
            trust_remote_code=False,
            revision=None if is_folder else revision,
        )
    except (OSError, ValueError) as error:
        if is_folder or name.startswith(("/", ".", "~")):
            raise CandidateUnavailableError(
                str(say(NO_MODEL, folder=name)),
                remedy=str(say("--param {candidate}.model=FOLDER with a folder that save_pretrained wrote", candidate=candidate)),
            ) from error
        pinned = f" --revision {revision}" if revision else ""
        raise CandidateUnavailableError(
            str(say("the model {model} is not on this machine, and nothing is fetched unasked", model=name)),
            remedy=str(say(".venv/bin/hf download {model}", model=f"{name}{pinned}")),
        ) from error


def train_byte_pairs(texts: Sequence[str], vocabulary: int, *, keep_letters: bool = False) -> Any:
    """A byte-pair tokenizer learnt from these texts.

    Args:
        texts: to learn from.
        vocabulary: how many tokens it has at most.
        keep_letters: whether accents, capitals and white space are kept, so that texts can be written with it, and not only read.
    """
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    special = [PADDING, UNKNOWN, BEGIN, END]
    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN))
    alphabet: list[str] = []
    if keep_letters:
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
    else:
        tokenizer.normalizer = normalizers.Sequence([normalizers.NFD(), normalizers.Lowercase(), normalizers.StripAccents()])
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.BpeTrainer(vocab_size=vocabulary, special_tokens=special, show_progress=False, initial_alphabet=alphabet)
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BEGIN} $A {END}", special_tokens=[(token, special.index(token)) for token in (BEGIN, END)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token=PADDING, unk_token=UNKNOWN, cls_token=BEGIN, sep_token=END)


def train_in_steps(
    model: Any, batches: Sequence[Sequence[int]], loss_of: Callable[[Sequence[int]], Any], learning_rate: float
) -> None:
    """Train in place: AdamW, a learning rate that rises and falls.

    Args:
        model: to train.
        batches: places of samples, a step each.
        loss_of: the loss of such a batch.
        learning_rate: at its highest.
    """
    import torch

    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=WEIGHT_DECAY)
    rise = max(1, round(WARM_UP_SHARE * len(batches)))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / rise, (len(batches) - step) / max(1, len(batches) - rise))
    )
    for places in batches:
        loss = loss_of(places)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), LARGEST_GRADIENT)
        optimizer.step()
        schedule.step()
