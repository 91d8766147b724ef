"""Says what share of trained heads' guesses holds in a model's greedy answers to given questions, by category.

QUESTIONS: a file of JSON lines as Spec-Bench has them: {"category", "turns": [the question, ...]}. Of each category the first few short enough are asked.
"""

import argparse
import json

import numpy as np

from checkpoint import Checkpoint, silu
from safetensors_file import read_safetensors


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="the .gguf file")
    parser.add_argument("heads", help="the .safetensors file")
    parser.add_argument("questions", help="the .jsonl file")
    parser.add_argument("--each", type=int, default=4, help="questions of a category")
    parser.add_argument("--prompt", type=int, default=200, help="tokens of a prompt at most")
    parser.add_argument("--tokens", type=int, default=96, help="of an answer at most")
    options = parser.parse_args()
    checkpoint = Checkpoint(options.model)
    heads = heads_of(read_safetensors(options.heads))
    by_category = {}
    for line in open(options.questions):
        question = json.loads(line)
        prompts = by_category.setdefault(question["category"], [])
        prompt = checkpoint.prompt(question["turns"][0])
        if len(prompts) < options.each and len(prompt) <= options.prompt:
            prompts.append(prompt)
    for category, prompts in sorted(by_category.items()):
        if not prompts:
            continue
        answers = checkpoint.answers(prompts, options.tokens)
        shares = [share(checkpoint, head, answers, ahead) for ahead, head in enumerate(heads, 1)]
        print(f"{category}: {len(prompts)} answers, " + ", ".join(f"head {k} {s:.0%}" for k, s in enumerate(shares, 1)), flush=True)


def heads_of(tensors):
    name = "medusa_head.{}.0.linear.{}".format
    count = sum(1 for key in tensors if key.endswith("0.linear.weight"))
    return [(tensors[name(k, "weight")], tensors[name(k, "bias")]) for k in range(1, count + 1)]


def share(checkpoint, head, answers, ahead):
    """Of the places where a head's best guess was the token."""
    W, b = head
    right = places = 0
    for tokens, states in answers:
        h = states[: max(0, len(tokens) - ahead)]
        best = ((h + silu(h @ W.T + b)) @ checkpoint.head.T).argmax(-1)
        right += int(np.sum(best == tokens[ahead:]))
        places += len(h)
    return right / max(1, places)


main()
