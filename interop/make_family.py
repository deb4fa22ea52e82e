#!/usr/bin/env python3
"""Writes a small checkpoint of each family of base models, with the numbers it should give.

  python interop/make_family.py --out test/fixtures/families [--family bert] [--strings CASES.json]

Trains small tokenizers on the sample data (WordPiece, Unigram through sentencepiece, byte-level BPE), draws seeded weights
that hide no gradient (biases are not 0, LayerNorm weights not 1), and lets `adapters` say what comes of them. Each family
has something of the hub's variety: half precision, names without the prefix, `gamma` and `beta`, a masked-LM head.

OUT/<family>/config.json, model.safetensors, tokenizer.json, tokenizer_config.json    a folder of the hub's layout
OUT/<family>/ids.json             token ids of the strings of CASES.json and of its pairs, whole and cut to `max_length`
OUT/<family>/reference.json       a padded batch, and by case: configuration, loss, trainable parameters; of full fine-tuning
                                  the norm of each gradient
OUT/<family>/reference.safetensors    <case>/logits, <case>/grad/<name>
OUT/<family>/peft/                what peft saved of a LoRA under the class's own head (bert and distilbert), peft/logits
OUT/<family>/adapters/<case>/     what `save_adapter` wrote (bin for LoRA and prefixes, safetensors for the others)

float32 on CPU, dropout off, eager attention. Needs `sentencepiece` and `protobuf` beside requirements.txt.
"""
import argparse, csv, io, json, logging, os, re, shutil, sys

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import torch
import transformers as tf
from adapters import (AutoAdapterModel, CompacterConfig, DoubleSeqBnInvConfig, LoRAConfig, NoReftConfig, PrefixTuningConfig,
                      PromptTuningConfig, RobertaAdapterModel, SeqBnConfig)
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from tokenizers import BertWordPieceTokenizer, ByteLevelBPETokenizer

logging.getLogger("adapters").setLevel(logging.ERROR)
torch.set_num_threads(1)
HERE = os.path.dirname(os.path.abspath(__file__))
REPOSITORY = os.path.dirname(HERE)
MAX_LENGTH = 40

SIZES = {"hidden_size": 40, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 56,
         "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1, "hidden_act": "gelu", "initializer_range": 0.02}
DISTILBERT_SIZES = {"dim": 40, "n_layers": 2, "n_heads": 4, "hidden_dim": 56, "dropout": 0.1, "attention_dropout": 0.1,
                    "seq_classif_dropout": 0.2, "activation": "gelu", "initializer_range": 0.02, "sinusoidal_pos_embds": False}

# Head size 10, and sizes that are no powers of two.
USUAL = {"lora": lambda: LoRAConfig(r=4, alpha=8),
         "lora_ffn": lambda: LoRAConfig(r=4, alpha=16, attn_matrices=["q", "k", "v"], intermediate_lora=True, output_lora=True),
         "seq_bn": lambda: SeqBnConfig(reduction_factor=16)}
# A gate averages over padding, so it sees the positions that padding has.
GATED = {"lora_gated": lambda: LoRAConfig(r=4, alpha=8, use_gating=True)}
# BERT's and DistilBERT's classes for sequence classification have heads of their own.
WITH_POOLER = {**USUAL, **GATED, "lora_pooler": USUAL["lora"]}
# Where modules lie elsewhere than in RoBERTa, every kind of place is used.
EVERY_PLACE = {**USUAL, **GATED, "lora_relu": USUAL["lora"],
               "double_seq_bn_inv": lambda: DoubleSeqBnInvConfig(reduction_factor=16, inv_adapter_reduction_factor=4),
               "compacter": lambda: CompacterConfig(reduction_factor=5),
               "prefix_tuning": lambda: PrefixTuningConfig(prefix_length=3, bottleneck_size=6),
               "prompt_tuning": lambda: PromptTuningConfig(prompt_length=3),
               "noreft": lambda: NoReftConfig(r=2, prefix_positions=2, suffix_positions=1)}
# By case; the others have a single layer, so that their files stay small.
HEADS = {"lora": {"num_labels": 3}, "lora_relu": {"num_labels": 3, "activation_function": "relu"},
         "lora_pooler": {"num_labels": 3, "layers": 1, "use_pooler": True}}
# The library cannot write prefixes as safetensors.
AS_BIN = {"lora", "prefix_tuning"}


def texts():
    rows = []
    for name in ("customer_reviews", "rotten_tomatoes"):
        with open(os.path.join(REPOSITORY, "public/datasets", name, "train.csv"), encoding="utf-8", newline="") as f:
            rows += [row["text"] for row in csv.DictReader(f)]
    return rows


def word_piece(folder, tokenizer_class, lowercase, size=400):
    trained = BertWordPieceTokenizer(lowercase=lowercase, strip_accents=None)
    trained.train_from_iterator(texts(), vocab_size=size, limit_alphabet=80, show_progress=False)
    trained.save_model(folder)
    vocab = os.path.join(folder, "vocab.txt")
    tokenizer = tokenizer_class(vocab_file=vocab, do_lower_case=lowercase, model_max_length=MAX_LENGTH)
    os.remove(vocab)
    return tokenizer


def byte_level(folder, tokenizer_class, size=500):
    trained = ByteLevelBPETokenizer()
    trained.train_from_iterator(texts(), vocab_size=size - 1, special_tokens=["<s>", "<pad>", "</s>", "<unk>"], show_progress=False)
    trained.add_special_tokens(["<mask>"])
    files = trained.save_model(folder)
    tokenizer = tokenizer_class(vocab_file=files[0], merges_file=files[1], model_max_length=MAX_LENGTH)
    for file in files:
        os.remove(file)
    return tokenizer


def unigram(folder, tokenizer_class, normalization, size=400):
    """As the hub's: trained by sentencepiece, whose normalization rules come along, and converted by transformers."""
    import sentencepiece
    path = os.path.join(folder, "sentencepiece.bpe.model")
    with open(path, "wb") as f:
        sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(texts()), model_writer=f, vocab_size=size, num_threads=1,
                                                 normalization_rule_name=normalization, minloglevel=2)
    tokenizer = tokenizer_class(vocab_file=path, model_max_length=MAX_LENGTH)
    tokenizer._tokenizer  # converted by now
    os.remove(path)
    tokenizer.vocab_file = None
    return tokenizer


def without_prefix(name):
    return name.split(".", 1)[1] if name.startswith(("roberta.", "bert.", "distilbert.")) else name


def legacy(name):
    return re.sub(r"LayerNorm\.bias$", "LayerNorm.beta", re.sub(r"LayerNorm\.weight$", "LayerNorm.gamma", name))


FAMILIES = {
    "bert": dict(config={"model_type": "bert", "architectures": ["BertForMaskedLM"], **SIZES, "layer_norm_eps": 1e-12,
                         "type_vocab_size": 2, "max_position_embeddings": 44, "pad_token_id": 0},
                 tokenizer=lambda folder: word_piece(folder, tf.BertTokenizerFast, True),
                 # The hub's file has the pooler, whatever its config says.
                 made_as="BertForPreTraining", rename=legacy, dtype=torch.float16, cases=WITH_POOLER),
    "distilbert": dict(config={"model_type": "distilbert", "architectures": ["DistilBertForMaskedLM"], **DISTILBERT_SIZES,
                               "max_position_embeddings": 44, "pad_token_id": 0},
                       tokenizer=lambda folder: word_piece(folder, tf.DistilBertTokenizerFast, False),
                       rename=str, dtype=torch.float16, cases=EVERY_PLACE),
    "xlm-roberta": dict(config={"model_type": "xlm-roberta", "architectures": ["XLMRobertaForMaskedLM"], **SIZES,
                                "layer_norm_eps": 1e-5, "type_vocab_size": 1, "max_position_embeddings": 46,
                                "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2},
                        tokenizer=lambda folder: unigram(folder, tf.XLMRobertaTokenizerFast, "nmt_nfkc"),
                        rename=str, dtype=torch.float16, cases=USUAL),
    "camembert": dict(config={"model_type": "camembert", "architectures": ["CamembertModel"], **SIZES, "layer_norm_eps": 1e-5,
                              "type_vocab_size": 1, "max_position_embeddings": 46, "pad_token_id": 1, "bos_token_id": 5,
                              "eos_token_id": 6},
                      tokenizer=lambda folder: unigram(folder, tf.CamembertTokenizerFast, "identity"),
                      rename=without_prefix, dtype=torch.bfloat16, cases=USUAL),
    "distilroberta": dict(config={"model_type": "roberta", "architectures": ["RobertaForMaskedLM"], **SIZES,
                                  "layer_norm_eps": 1e-5, "type_vocab_size": 1, "max_position_embeddings": 46,
                                  "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2},
                          tokenizer=lambda folder: byte_level(folder, tf.RobertaTokenizerFast),
                          rename=str, dtype=torch.float16, cases=USUAL),
}


def draw(name, shape, generator):
    """Weights that leave no gradient at zero; norms by their class name, as in every family."""
    noise = torch.randn(shape, generator=generator)
    if re.search(r"(LayerNorm|layer_norm)\.weight$", name):
        return 1 + 0.2 * noise
    if name.endswith("bias"):
        return 0.1 * noise
    return noise * (0.5 if "word_embeddings" in name else 0.2 if "embeddings" in name else 0.15)


def write_model(folder, family, tokenizer, seed):
    config = {**family["config"], "vocab_size": len(tokenizer)}
    with open(os.path.join(folder, "config.json"), "w") as f:
        json.dump(config, f, indent=2)
    loaded = tf.AutoConfig.from_pretrained(folder)
    made = family.get("made_as", config["architectures"][0])
    model = getattr(tf, made)(loaded)
    generator = torch.Generator().manual_seed(seed)
    # The decoder of a masked-LM head is the word table again; its bias is there twice.
    tensors = {name: draw(name, p.shape, generator).to(family["dtype"]) for name, p in model.named_parameters()
               if not re.search(r"decoder\.(weight|bias)$|vocab_projector\.weight$", name)}
    prefix = "" if made.endswith("Model") else model.base_model_prefix + "."
    tensors[f"{prefix}embeddings.position_ids"] = torch.arange(config["max_position_embeddings"]).unsqueeze(0)
    save_file({family["rename"](name): tensor.contiguous() for name, tensor in tensors.items()},
              os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})


def load(folder, model_type, attention="eager", keep_heads=False):
    loader, options = AutoAdapterModel, {}
    if model_type == "camembert":
        # `adapters` does not know CamemBERT: RoBERTa's class is the same encoder under the same names.
        loader, options = RobertaAdapterModel, {"config": tf.RobertaConfig.from_pretrained(folder)}
        options["config"].model_type = "roberta"
    model, info = loader.from_pretrained(folder, attn_implementation=attention, torch_dtype=torch.float32,
                                         output_loading_info=True, **options)
    # A masked-LM checkpoint has no pooler; its own head goes.
    missing = [name for name in info["missing_keys"] if ".pooler." not in name and not name.startswith("heads.")]
    assert not missing, missing
    for head in list(model.heads):
        if not keep_heads:
            model.delete_head(head)
    model.config._name_or_path = model.name_or_path = os.path.basename(folder)
    return model.eval()


def encode_all(tokenizer, cases):
    ids = lambda *args, **options: tokenizer(*args, **options)["input_ids"]
    cut = {"truncation": "longest_first", "max_length": MAX_LENGTH}
    one, two = [c["text"] for c in cases["texts"]], [(c["text"], c["text_pair"]) for c in cases["pairs"]]
    return {"max_length": MAX_LENGTH, "whole": [ids(text) for text in one], "truncated": [ids(text, **cut) for text in one],
            "pairs": [ids(*pair) for pair in two], "pairs_truncated": [ids(*pair, **cut) for pair in two]}


def own_name(name):
    """Every layer refers to the one pool of prefixes; files have it at the model too."""
    return re.sub(r"(encoder|transformer)\.layer\.\d+\.attention(\.self)?\.prefix_tuning\.pool\.", "prefix_tuning.", name)


def logits_of(model, batch, alone):
    """[rows, labels]; `alone`: every row by itself, without padding."""
    ids, mask = torch.tensor(batch["input_ids"]), torch.tensor(batch["attention_mask"])
    if not alone:
        return model(input_ids=ids, attention_mask=mask).logits
    return torch.cat([model(input_ids=row[seen > 0][None], attention_mask=seen[seen > 0][None]).logits for row, seen in zip(ids, mask)])


def run_case(folder, model_type, name, make_config, batch, seed):
    """The case's record and tensors; its adapter is saved, loaded into a new model and must give the same logits."""
    # Prompts on DistilBERT: eager attention fails in adapters 1.3, and sdpa's mask adds 1 to their scores where there is padding.
    alone = (model_type, name) == ("distilbert", "prompt_tuning")
    attention = "sdpa" if alone else "eager"
    model = load(folder, model_type, attention)
    base = set(model.state_dict())
    torch.manual_seed(seed)
    model.add_adapter("main", config=make_config())
    head = HEADS.get(name, {"num_labels": 2, "layers": 1})
    labels = head["num_labels"]
    model.add_classification_head("main", id2label={i: f"class {i}" for i in range(labels)}, **head)
    model.train_adapter("main")
    model.eval()
    generator = torch.Generator().manual_seed(seed + 1)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter += 0.15 * torch.randn(parameter.shape, generator=generator)
    logits = logits_of(model, batch, alone)
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor([label % labels for label in batch["labels"]]))
    loss.backward()
    trainable = {own_name(n): p for n, p in model.named_parameters() if p.requires_grad and p.grad is not None}
    target = os.path.join(folder, "adapters", name)
    os.makedirs(target)
    model.save_adapter(target, "main", with_head=True, use_safetensors=name not in AS_BIN)
    again = load(folder, model_type, attention)
    again.load_adapter(target, set_active=True, use_safetensors=name not in AS_BIN)
    with torch.no_grad():
        assert torch.equal(logits_of(again.eval(), batch, alone), logits), (folder, name)
    record = {"config": json.load(open(os.path.join(target, "adapter_config.json")))["config"], "labels": labels,
              "loss": loss.item(), "alone": alone, "trainable": {n: list(p.shape) for n, p in trainable.items()},
              "parameters_exclude_embeddings": model.num_parameters(exclude_embeddings=True)}
    assert not set(trainable) & base
    return record, {f"{name}/logits": logits.detach(), **{f"{name}/grad/{n}": p.grad for n, p in trainable.items()}}


def run_full(folder, model_type, batch, labels):
    """Every tensor trains under the head of the case `lora`: the loss, the norm of each tensor's gradient, and the parameters
    that the Trainer counts where the checkpoint's masked-LM head stays beside it, as it does for who does not delete it."""
    model = load(folder, model_type)
    model.load_head(os.path.join(folder, "adapters", "lora"))
    model.active_head = "main"
    model.eval().requires_grad_(True)
    loss = torch.nn.functional.cross_entropy(logits_of(model, batch, False), torch.tensor(batch["labels"]) % labels)
    loss.backward()
    whole = load(folder, model_type, keep_heads=True)
    whole.load_head(os.path.join(folder, "adapters", "lora"))
    return {"loss": loss.item(), "parameters_exclude_embeddings": whole.num_parameters(exclude_embeddings=True), "norms": {n: p.grad.double().norm().item() for n, p in model.named_parameters() if p.grad is not None}}


def run_peft(folder, name, batch, seed):
    """LoRA of the library peft under the class's own head; returns the logits."""
    torch.manual_seed(seed)
    model = tf.AutoModelForSequenceClassification.from_pretrained(folder, num_labels=3, attn_implementation="eager", torch_dtype=torch.float32)
    model.name_or_path = name
    modules = ["q_lin", "v_lin"] if name == "distilbert" else ["query", "value"]
    model = get_peft_model(model, LoraConfig(task_type="SEQ_CLS", r=4, lora_alpha=8, target_modules=modules)).eval()
    generator = torch.Generator().manual_seed(seed + 1)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter += 0.15 * torch.randn(parameter.shape, generator=generator)
        logits = logits_of(model, batch, False)
    target = os.path.join(folder, "peft")
    model.save_pretrained(target)
    os.remove(os.path.join(target, "README.md"))
    return logits


def make(out, name, cases, seed):
    family = FAMILIES[name]
    folder = os.path.join(out, name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    tokenizer = family["tokenizer"](folder)
    tokenizer._tokenizer.no_padding(), tokenizer._tokenizer.no_truncation()
    tokenizer._tokenizer.save(os.path.join(folder, "tokenizer.json"), pretty=False)
    for file in tokenizer.save_pretrained(os.path.join(folder, "saved")):
        if os.path.basename(file) == "tokenizer_config.json":
            shutil.move(file, os.path.join(folder, "tokenizer_config.json"))
    shutil.rmtree(os.path.join(folder, "saved"))
    tokenizer = tf.AutoTokenizer.from_pretrained(folder)
    write_model(folder, family, tokenizer, seed)
    dump = lambda file, value, **options: json.dump(value, open(os.path.join(folder, file), "w"), ensure_ascii=False, **options)
    dump("ids.json", encode_all(tokenizer, cases), separators=(",", ":"))
    sentences = [row for row in texts()[100:] if 20 < len(row) < 90][:5]
    padded = tokenizer(sentences, padding=True, truncation=True, max_length=24)
    batch = {"sentences": sentences, "input_ids": padded["input_ids"], "attention_mask": padded["attention_mask"],
             "labels": [0, 1, 2, 1, 0]}
    records, tensors = {}, {}
    for number, (case, make_config) in enumerate(family["cases"].items()):
        records[case], more = run_case(folder, family["config"]["model_type"], case, make_config, batch, seed + 10 * number)
        tensors.update(more)
    if name in ("bert", "distilbert"):
        tensors["peft/logits"] = run_peft(folder, name, batch, seed + 500)
    full = run_full(folder, family["config"]["model_type"], batch, records["lora"]["labels"])
    dump("reference.json", {"batch": batch, "cases": records, "full": full})
    save_file({n: t.contiguous() for n, t in tensors.items()}, os.path.join(folder, "reference.safetensors"))
    print(name, len(tokenizer), "tokens,", len(tensors), "tensors")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True)
    parser.add_argument("--family", choices=sorted(FAMILIES), nargs="*", default=sorted(FAMILIES))
    parser.add_argument("--strings", default=os.path.join(REPOSITORY, "test/fixtures/tokenizer/cases.json"))
    args = parser.parse_args()
    cases = json.load(open(args.strings, encoding="utf-8"))
    for name in args.family:
        make(args.out, name, cases, seed=1000 + sorted(FAMILIES).index(name))


if __name__ == "__main__":
    main()
