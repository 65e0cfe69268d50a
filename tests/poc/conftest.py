"""Pretrained models as a hub would give them, but tiny and made here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evaluation.threads import fixed_threads
from tests.conftest import BIN, LAMP


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DeBERTa-v2 encoder, the architecture of the default hub model, with its tokenizer, saved as safetensors."""
    import torch
    from transformers import DebertaV2Config, DebertaV2ForSequenceClassification

    from poc.pretrained import train_byte_pairs

    torch.manual_seed(0)
    tokenizer = train_byte_pairs([*LAMP, *BIN], 200)
    config = DebertaV2Config(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=128,
        pad_token_id=tokenizer.pad_token_id,
        num_labels=2,
    )
    return saved(tmp_path_factory.mktemp("checkpoint"), tokenizer, DebertaV2ForSequenceClassification(config))


# Conversations as Qwen2.5 has them.
CHAT = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.fixture(scope="session")
def tiny_summariser(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An mBART, the architecture of the default hub model, with its tokenizer, saved as safetensors."""
    import torch
    from transformers import MBartConfig, MBartForConditionalGeneration

    from poc.pretrained import train_byte_pairs

    torch.manual_seed(0)
    tokenizer = train_byte_pairs([*LAMP, *BIN], 400, keep_letters=True)
    config = MBartConfig(
        vocab_size=len(tokenizer),
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        max_position_embeddings=256,
        # Large enough for what is written to depend on what is read.
        init_std=1.0,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.cls_token_id,
        eos_token_id=tokenizer.sep_token_id,
        decoder_start_token_id=tokenizer.cls_token_id,
        forced_eos_token_id=None,
    )
    return saved(tmp_path_factory.mktemp("summariser"), tokenizer, MBartForConditionalGeneration(config))


@pytest.fixture(scope="session")
def tiny_chat_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Qwen2, the architecture of the default hub model, whose tokenizer has a template of conversations and its signs."""
    return save_causal_model(tmp_path_factory.mktemp("chat-model"), chat_template=CHAT)


@pytest.fixture(scope="session")
def tiny_text_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same without a template: it goes on with a text."""
    return save_causal_model(tmp_path_factory.mktemp("text-model"), chat_template=None)


def save_causal_model(folder: Path, *, chat_template: str | None) -> Path:
    import torch
    from tokenizers import AddedToken
    from transformers import Qwen2Config, Qwen2ForCausalLM

    from poc.pretrained import train_byte_pairs

    torch.manual_seed(0)
    tokenizer = train_byte_pairs([*LAMP, *BIN], 400, keep_letters=True)
    if chat_template:
        # One that is listed among the special tokens, and one that, as with Llama 3, is only marked as special.
        tokenizer.add_special_tokens({"eos_token": "<|im_end|>"})
        tokenizer.add_tokens([AddedToken("<|im_start|>", special=True)])
        tokenizer.chat_template = chat_template
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        intermediate_size=32,
        max_position_embeddings=1024,
        initializer_range=1.0,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return saved(folder, tokenizer, Qwen2ForCausalLM(config))


def saved(folder: Path, tokenizer: Any, model: Any) -> Path:
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Models as small as these get slower by threads, above all where other tests use the cores."""
    with fixed_threads(1):
        yield
