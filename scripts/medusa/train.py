"""Trains Medusa heads (Cai et al. 2024) for a llama checkpoint, on text that the checkpoint writes itself, and says what share of their guesses holds.

A head is one residual block before the checkpoint's own LM head: logits = (h + silu(W h + b)) E^T, where h is the hidden state that the LM head takes.
Head k guesses the token k places after the one that the LM head names. See README.md beside this file.
"""

import argparse
import json
import time

import numpy as np

from checkpoint import Checkpoint, silu
from questions import questions
from safetensors_file import write_safetensors

BATCH = 32
ROWS = 256
HELD_OUT = 0.1
BEST = (1, 2, 3)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="the .gguf file")
    parser.add_argument("out", help="the .safetensors file to write")
    parser.add_argument("--heads", type=int, default=3)
    parser.add_argument("--answers", type=int, default=480, help="that the model writes, a tenth of them held out")
    parser.add_argument("--tokens", type=int, default=128, help="of an answer at most")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    checkpoint = Checkpoint(options.model)
    texts = written(checkpoint, options)
    held_out = max(1, int(len(texts) * HELD_OUT))
    trained, tested = texts[held_out:], texts[:held_out]
    heads = [train(checkpoint, trained, tested, k, options) for k in range(1, options.heads + 1)]
    tensors = {}
    for k, (W, b) in enumerate(heads, 1):
        tensors[f"medusa_head.{k}.0.linear.weight"] = W
        tensors[f"medusa_head.{k}.0.linear.bias"] = b
    write_safetensors(options.out, tensors, {"heads": str(len(heads)), "trained": json.dumps(vars(options) | {"model": "", "out": ""})})


def written(checkpoint, options):
    """Answers as (tokens [n], hidden states [n, D]), in the order of the questions."""
    asked = questions(options.answers, options.seed)
    prompts = [checkpoint.prompt(question) for question in asked]
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))  # alike in length, so that little is padded
    texts = [None] * len(prompts)
    start = time.time()
    for first in range(0, len(order), BATCH):
        batch = order[first : first + BATCH]
        for i, answer in zip(batch, checkpoint.answers([prompts[i] for i in batch], options.tokens)):
            texts[i] = answer
        count = sum(len(text[0]) for text in texts if text)
        print(f"{first + len(batch)} of {len(prompts)} answers, {count} tokens, {time.time() - start:.0f} s", flush=True)
    return texts


def pairs(texts, ahead):
    """Hidden states [n, D] and the tokens [n] that stand `ahead` places behind those that they lead to."""
    states = np.concatenate([states[: len(tokens) - ahead] for tokens, states in texts if len(tokens) > ahead])
    targets = np.concatenate([tokens[ahead:] for tokens, _ in texts if len(tokens) > ahead])
    return states, targets


def train(checkpoint, trained, tested, ahead, options):
    random = np.random.default_rng(options.seed + ahead)
    states, targets = pairs(trained, ahead)
    # Tokens that the text never has need no logits while training.
    words, targets = np.unique(targets, return_inverse=True)
    head = np.ascontiguousarray(checkpoint.head[words])
    D = checkpoint.D
    block = Adam([np.zeros((D, D), np.float32), np.zeros(D, np.float32)], options.rate)
    steps = options.epochs * (len(states) // ROWS)
    start = time.time()
    loss = 0.0
    for step in range(steps):
        if step % (len(states) // ROWS) == 0:
            order = random.permutation(len(states))
        at = order[np.arange(step * ROWS, (step + 1) * ROWS) % len(order)]
        h, wanted = states[at], targets[at]
        W, b = block.values
        inner = h @ W.T + b
        gate = 1 / (1 + np.exp(-inner))
        logits = (h + inner * gate) @ head.T
        logits -= logits.max(-1, keepdims=True)
        exps = np.exp(logits)
        sums = exps.sum(-1, keepdims=True)
        rows = np.arange(ROWS)
        loss = 0.98 * loss + 0.02 * float(np.mean(np.log(sums[:, 0]) - logits[rows, wanted]))
        slope = exps / sums
        slope[rows, wanted] -= 1
        inner_slope = (slope @ head / ROWS) * gate * (1 + inner * (1 - gate))
        block.step([inner_slope.T @ h, inner_slope.sum(0)], step / steps)
        if step % 200 == 199:
            print(f"head {ahead}: step {step + 1} of {steps}, loss {loss / (1 - 0.98 ** (step + 1)):.3f}, {time.time() - start:.0f} s", flush=True)
    W, b = block.values
    shares = held(checkpoint, W, b, *pairs(tested, ahead))
    untrained = held(checkpoint, 0 * W, 0 * b, *pairs(tested, ahead))
    said = ", ".join(f"best {n}: {share:.1%}" for n, share in zip(BEST, shares))
    print(f"head {ahead}: of guesses in {len(tested)} held-out answers hold {said} (untrained, best 1: {untrained[0]:.1%})", flush=True)
    return W, b


def held(checkpoint, W, b, states, targets):
    """Share of places where the token is among a head's best, for each of BEST."""
    hits = np.zeros(len(BEST))
    for first in range(0, len(states), ROWS):
        h, wanted = states[first : first + ROWS], targets[first : first + ROWS]
        logits = (h + silu(h @ W.T + b)) @ checkpoint.head.T
        better = (logits > logits[np.arange(len(h)), wanted][:, None]).sum(-1)
        hits += [(better < n).sum() for n in BEST]
    return hits / len(states)


class Adam:
    """With a rate that falls along a half cosine."""

    def __init__(self, values, rate):
        self.values, self.rate, self.steps = values, rate, 0
        self.means = [np.zeros_like(value) for value in values]
        self.squares = [np.zeros_like(value) for value in values]

    def step(self, slopes, share):
        self.steps += 1
        rate = self.rate * (1 + np.cos(np.pi * share)) / 2
        for value, mean, square, slope in zip(self.values, self.means, self.squares, slopes):
            mean += 0.1 * (slope - mean)
            square += 0.001 * (slope * slope - square)
            unbiased = np.sqrt(square / (1 - 0.999**self.steps)) + 1e-8
            value -= np.float32(rate / (1 - 0.9**self.steps)) * mean / unbiased


main()
