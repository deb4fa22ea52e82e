#!/usr/bin/env python3
"""How many steps each method needs, in the reference library, to fit eight rows by itself: what `test/learns.test.ts` may ask for.

  python calibrate_learning.py --base DIR [--steps 250] [--seeds 3] [--rates 0.005,0.02,0.05,0.1] [--methods lora,ia3]

The rows, labels and sizes are those of the test: eight short sequences with labels that follow no rule, the head's weights times 15
and frozen, the adapter alone trained by AdamW (no decay, clip 1.0), dropout off. Prints, for each method and rate, over the seeds, how
many of them fall below 0.3 of the first loss and the most steps that took.
"""
import argparse, logging, os

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
import adapters
import torch
from adapters import AdapterConfig, AutoAdapterModel
from peft import IA3Config, LoraConfig, PrefixTuningConfig, PromptTuningConfig, VeraConfig, get_peft_model
from transformers import RobertaForSequenceClassification

logging.getLogger("adapters").setLevel(logging.ERROR)
ROWS = [[0 if j == 0 else 4 + (37 * i + 11 * j) % 300 for j in range(4 + i % 4)] for i in range(8)]
LABELS = torch.tensor([0, 1, 1, 0, 1, 0, 0, 1])
LONGEST = max(map(len, ROWS))
IDS = torch.tensor([r + [1] * (LONGEST - len(r)) for r in ROWS])
MASK = torch.tensor([[1] * len(r) + [0] * (LONGEST - len(r)) for r in ROWS])


def hub(name, **changes):
    return lambda: AdapterConfig.load(name).replace(**changes)


def prefix():
    return hub("prefix_tuning", prefix_length=5, bottleneck_size=24)()


HUB = {
    "lora": hub("lora"), "dora": hub("dora"), "ia3": hub("ia3"), "vera": hub("vera"), "dvora": hub("dvora"), "mtl_lora": hub("mtl_lora"),
    "seq_bn": hub("seq_bn"), "double_seq_bn": hub("double_seq_bn"), "par_bn": hub("par_bn"), "scaled_par_bn": hub("scaled_par_bn"),
    "adapter_plus": lambda: adapters.AdapterPlusConfig(reduction_factor=8, stochastic_depth=0.0),
    "compacter": hub("compacter", reduction_factor=4), "compacter++": hub("compacter++", reduction_factor=4),
    "seq_bn_inv": hub("seq_bn_inv"), "double_seq_bn_inv": hub("double_seq_bn_inv"),
    "prefix_tuning": prefix, "prefix_tuning_flat": hub("prefix_tuning_flat", prefix_length=5), "prompt_tuning": hub("prompt_tuning"),
    "loreft": hub("loreft", r=4), "noreft": hub("noreft", r=4), "direft": hub("direft", r=4),
    "mam": lambda: adapters.MAMConfig(prefix_tuning=prefix(), adapter=hub("par_bn")()),
    "unipelt": lambda: adapters.UniPELTConfig(prefix_tuning=prefix()),
    "union": lambda: adapters.ConfigUnion(hub("lora")(), hub("seq_bn")()),
}
EVERYWHERE = r".*\.(key|value|attention\.output\.dense|layer\.\d+\.output\.dense)"
PEFT = {
    "peft_lora": lambda: LoraConfig(task_type="SEQ_CLS", r=4, lora_alpha=8, use_rslora=True, target_modules=EVERYWHERE),
    "peft_dora": lambda: LoraConfig(task_type="SEQ_CLS", r=4, lora_alpha=8, use_dora=True, target_modules=["query", "value"]),
    "peft_ia3": lambda: IA3Config(task_type="SEQ_CLS"),
    "peft_vera": lambda: VeraConfig(task_type="SEQ_CLS", r=8, target_modules=["query", "value"], projection_prng_key=7),
    "peft_prefix": lambda: PrefixTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=5),
    "peft_prompt": lambda: PromptTuningConfig(task_type="SEQ_CLS", num_virtual_tokens=5),
}


def hub_model(base, name):
    m = AutoAdapterModel.from_pretrained(base, attn_implementation="eager")
    for h in list(m.heads):
        m.delete_head(h)
    if name in ("bitfit", "full"):
        m.add_classification_head("main", num_labels=2)
        m.base_model.freeze_model(False)
        own = [p for n, p in m.named_parameters() if not n.startswith("heads.") and (name == "full" or n.endswith("bias"))]
    else:
        m.add_adapter("main", config=HUB[name]())
        m.add_classification_head("main", num_labels=2)
        m.train_adapter("main")
        own = [p for n, p in m.named_parameters() if p.requires_grad and not n.startswith("heads.")]
        m.set_active_adapters("main")
    heads = [p for n, p in m.named_parameters() if n.startswith("heads.") and n.endswith("weight")]
    return m.eval(), own, heads, lambda: m(input_ids=IDS, attention_mask=MASK).logits


def peft_model(base, name):
    b = RobertaForSequenceClassification.from_pretrained(base, num_labels=2, attn_implementation="eager")
    m = get_peft_model(b, PEFT[name]()).eval()
    own = [p for n, p in m.named_parameters() if p.requires_grad and "classifier" not in n]
    heads = [p for n, p in m.named_parameters() if "classifier.modules_to_save" in n and n.endswith("weight")]

    def logits():
        if name != "peft_prefix":
            return m(input_ids=IDS, attention_mask=MASK).logits
        # PeftModel.forward of these versions fails for prefix tuning on RoBERTa: the same computation.
        seen = torch.cat([torch.ones(8, 5, dtype=MASK.dtype), MASK], 1)
        return m.base_model.classifier(m.base_model.roberta(input_ids=IDS, attention_mask=seen, past_key_values=m.get_prompt(8))[0])

    return m, own, heads, logits


def steps_needed(base, name, rate, seed, maximum):
    torch.manual_seed(seed)
    _, own, heads, logits = (peft_model if name in PEFT else hub_model)(base, name)
    with torch.no_grad():
        for p in heads:
            p.mul_(15)
    optimizer = torch.optim.AdamW(own, lr=rate, weight_decay=0.0)
    first = None
    for step in range(1, maximum + 1):
        loss = torch.nn.functional.cross_entropy(logits(), LABELS)
        first = first if first is not None else loss.item()
        if loss.item() < 0.3 * first:
            return step
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(own, 1.0)
        optimizer.step()
    return None


def main():
    ap = argparse.ArgumentParser(formatter_class=argparse.RawDescriptionHelpFormatter, description=__doc__)
    ap.add_argument("--base", required=True)
    ap.add_argument("--steps", type=int, default=250)
    ap.add_argument("--seeds", type=int, default=3)
    ap.add_argument("--rates", default="0.005,0.02,0.05,0.1")
    ap.add_argument("--methods", default=",".join([*HUB, "bitfit", "full", *PEFT]))
    a = ap.parse_args()
    torch.set_num_threads(1)
    rates = [float(r) for r in a.rates.split(",")]
    print(f"{'method':20s}" + "".join(f"{r:>12g}" for r in rates) + f"   ({a.seeds} seeds, at most {a.steps} steps)")
    for name in a.methods.split(","):
        cells = []
        for rate in rates:
            found = [steps_needed(a.base, name, rate, seed, a.steps) for seed in range(a.seeds)]
            done = [s for s in found if s is not None]
            cells.append(f"{len(done)}/{a.seeds} {max(done) if done else '-':>4}")
        print(f"{name:20s}" + "".join(f"{c:>12s}" for c in cells), flush=True)


if __name__ == "__main__":
    main()
