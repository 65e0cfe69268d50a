"""A pretrained model as a hub would give it, but tiny and made here."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import BIN, LAMP


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A DeBERTa-v2 encoder, the architecture of the default hub model, with its tokenizer, saved as safetensors."""
    import torch
    from transformers import DebertaV2Config, DebertaV2ForSequenceClassification

    from poc.request_classification.transformer import train_tokenizer

    torch.manual_seed(0)
    tokenizer = train_tokenizer([*LAMP, *BIN], 200)
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
    folder = tmp_path_factory.mktemp("checkpoint")
    DebertaV2ForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
