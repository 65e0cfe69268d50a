"""Document summarisation: what residents and elected officials must know of a municipal document, in ninety words at most."""

from evaluation.candidate import Candidate
from evaluation.task import Task, Unit
from evaluation.texts.metrics import compression, fact_recall, reading_ease_fr, rouge, unsupported_facts
from evaluation.texts.oddities import LIMIT, answer_flags, document_remarks
from poc.document_summarisation.extractive import fit_first_sentences, fit_textrank, fit_tfidf_centroid
from poc.document_summarisation.instructed import fit_hub_llm
from poc.document_summarisation.learned import fit_learned_extractive
from poc.document_summarisation.seq2seq import fit_hub_seq2seq, fit_tiny_seq2seq

TASK = Task(
    name="document-summarisation",
    version="1",
    data="data_samples/document_summarisation/documents.csv",
    input="document",
    target=("summary_a", "summary_b"),
    slices=("kind", "structure"),
    marks=("facts",),
    unit=Unit("1 document summarised", size=1),
    metrics=(fact_recall, rouge(1), rouge(2), rouge("L"), unsupported_facts, compression, reading_ease_fr),
    conditions={LIMIT: 90},
    remarks=document_remarks,
    flags=answer_flags,
)

CANDIDATES = (
    Candidate("first-sentences", fit_first_sentences, baseline=True),
    Candidate("textrank", fit_textrank),
    Candidate("tfidf-centroid", fit_tfidf_centroid, params={"relevance": 0.7}),
    Candidate("learned-extractive", fit_learned_extractive, params={"relevance": 0.8, "penalty": 30.0}),
    Candidate(
        "tiny-seq2seq",
        fit_tiny_seq2seq,
        params={
            "vocabulary": 4000,
            "width": 128,
            "layers": 2,
            "heads": 4,
            "epochs": 10,
            "learning_rate": 1e-3,
            "source_tokens": 512,
        },
    ),
    Candidate(
        "hub-seq2seq",
        fit_hub_seq2seq,
        params={
            "model": "moussaKam/barthez-orangesum-abstract",
            "revision": "d297ebaa84d61a069a0cd6922271c4a47ba2554e",
            "beams": 4,
            "source_tokens": 1024,
        },
    ),
    Candidate(
        "hub-llm",
        fit_hub_llm,
        params={
            "model": "Qwen/Qwen2.5-0.5B-Instruct",
            "revision": "7ae557604adf67be50417f59c2c2f167def9a775",
            "source_tokens": 4096,
            "most_tokens": 200,
        },
    ),
)
