"""A llama checkpoint out of a GGUF file, in numpy and float32: tokenizer, and a decoder that writes many answers side by side.

Letters as in the project: B answers, T new tokens, S cached ones, D hidden, H heads, K kv heads, E head size, V vocabulary, L layers.
"""

import numpy as np
from gguf import GGUFReader
from gguf.quants import dequantize
from jinja2 import Environment
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

NEVER = np.float32(-1e30)


class Checkpoint:
    def __init__(self, path):
        reader = GGUFReader(path)
        value = lambda key: reader.fields[key].contents()
        if value("general.architecture") != "llama":
            raise SystemExit(f"{path}: heads are trained for llama checkpoints, this one is {value('general.architecture')}.")
        self.L = value("llama.block_count")
        self.D = value("llama.embedding_length")
        self.H = value("llama.attention.head_count")
        self.K = value("llama.attention.head_count_kv")
        self.E = self.D // self.H
        self.epsilon = value("llama.attention.layer_norm_rms_epsilon")
        self.eos = value("tokenizer.ggml.eos_token_id")
        self.frequencies = value("llama.rope.freq_base") ** (-np.arange(0, self.E, 2) / self.E)
        self.weights = {tensor.name: unpacked(tensor) for tensor in reader.tensors}
        for layer in range(self.L):
            self._halve(f"blk.{layer}.attn_q.weight", self.H)
            self._halve(f"blk.{layer}.attn_k.weight", self.K)
        self.head = self.weights.get("output.weight", self.weights["token_embd.weight"])
        self.template = Environment(trim_blocks=True, lstrip_blocks=True).from_string(value("tokenizer.chat_template"))
        self.tokenizer = tokenizer(value)

    def _halve(self, name, heads):
        """llama files hold neighbours that rotate together side by side; here the second half of a head rotates with the first."""
        rows = self.weights[name].reshape(heads, self.E // 2, 2, self.D)
        self.weights[name] = np.ascontiguousarray(rows.swapaxes(1, 2)).reshape(-1, self.D)

    def prompt(self, question):
        text = self.template.render(messages=[{"role": "user", "content": question}], add_generation_prompt=True)
        return self.tokenizer.encode(text, add_special_tokens=False).ids

    def normed(self, x, name):
        scale = 1 / np.sqrt(np.mean(np.square(x), axis=-1, keepdims=True) + np.float32(self.epsilon))
        return x * scale * self.weights[name]

    def forward(self, ids, positions, visible, cache):
        """ids and positions [B, T], visible [B, S + T] -> hidden states [B, T, D], as the LM head takes them. Appends to the cache."""
        B, T = ids.shape
        angles = positions[..., None] * self.frequencies
        turn = np.cos(angles).astype(np.float32)[:, None], np.sin(angles).astype(np.float32)[:, None]
        x = self.weights["token_embd.weight"][ids]
        for layer in range(self.L):
            weight = lambda part: self.weights[f"blk.{layer}.{part}.weight"].T
            h = self.normed(x, f"blk.{layer}.attn_norm.weight")
            heads = lambda y, n: y.reshape(B, T, n, self.E).swapaxes(1, 2)
            q = rotated(heads(h @ weight("attn_q"), self.H), *turn)
            k = rotated(heads(h @ weight("attn_k"), self.K), *turn)
            k, v = cache.append(layer, k, heads(h @ weight("attn_v"), self.K))
            x = x + self.attention(q, k, v, visible) @ weight("attn_output")
            h = self.normed(x, f"blk.{layer}.ffn_norm.weight")
            x = x + (silu(h @ weight("ffn_gate")) * (h @ weight("ffn_up"))) @ weight("ffn_down")
        return self.normed(x, "output_norm.weight")

    def attention(self, q, k, v, visible):
        B, _, T, E = q.shape
        S = k.shape[2]
        group = self.H // self.K
        scores = q.reshape(B, self.K, group * T, E) @ k.swapaxes(2, 3) / np.float32(np.sqrt(E))
        scores = scores.reshape(B, self.K, group, T, S)
        future = np.arange(S)[None] > np.arange(S - T, S)[:, None]
        hidden = future[None] | ~visible[:, None]
        scores += np.where(hidden, NEVER, np.float32(0))[:, None, None]
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        out = scores.reshape(B, self.K, group * T, S) @ v
        return out.reshape(B, self.H, T, E).swapaxes(1, 2).reshape(B, T, self.H * E)

    def answers(self, prompts, most):
        """Greedy answers to several prompts at once: per prompt its tokens [n] and hidden states [n, D], the one that led to each."""
        longest = max(map(len, prompts))
        missing = [longest - len(prompt) for prompt in prompts]
        ids = np.array([[self.eos] * n + prompt for n, prompt in zip(missing, prompts)])
        visible = np.arange(longest)[None] >= np.array(missing)[:, None]
        positions = np.maximum(0, np.arange(longest)[None] - np.array(missing)[:, None])
        cache = Cache(self, len(prompts), longest + most)
        h = self.forward(ids, positions, visible, cache)[:, -1]
        tokens, states = [], []
        for step in range(most):
            chosen = (h @ self.head.T).argmax(-1)
            tokens.append(chosen)
            states.append(h)
            ended = (np.array(tokens) == self.eos).any(0)
            if ended.all() or step == most - 1:
                break
            visible = np.concatenate([visible, np.ones((len(prompts), 1), bool)], 1)
            h = self.forward(chosen[:, None], positions[:, -1:] + step + 1, visible, cache)[:, 0]
        tokens, states = np.array(tokens).T, np.array(states).swapaxes(0, 1)
        lengths = [int(np.argmax(row == self.eos)) + 1 if (row == self.eos).any() else len(row) for row in tokens]
        return [(row[:n], state[:n]) for row, state, n in zip(tokens, states, lengths)]


class Cache:
    def __init__(self, model, B, capacity):
        shape = (model.L, B, model.K, capacity, model.E)
        self.keys, self.values = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self.lengths = [0] * model.L

    def append(self, layer, k, v):
        start = self.lengths[layer]
        end = self.lengths[layer] = start + k.shape[2]
        self.keys[layer, :, :, start:end] = k
        self.values[layer, :, :, start:end] = v
        return self.keys[layer, :, :, :end], self.values[layer, :, :, :end]


def silu(x):
    return x / (1 + np.exp(-x))


def rotated(x, cos, sin):
    a, b = np.split(x, 2, axis=-1)
    return np.concatenate([a * cos - b * sin, b * cos + a * sin], axis=-1)


def unpacked(tensor):
    return dequantize(tensor.data, tensor.tensor_type).astype(np.float32).reshape([int(n) for n in reversed(tensor.shape)])


def tokenizer(value):
    if (value("tokenizer.ggml.model"), value("tokenizer.ggml.pre")) != ("gpt2", "smollm"):
        raise SystemExit("The tokenizer is not SmolLM's; add its way of cutting text to checkpoint.py.")
    tokens = value("tokenizer.ggml.tokens")
    merges = [tuple(merge.split(" ")) for merge in value("tokenizer.ggml.merges")]
    made = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges))
    made.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
    ])
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens([token for token, kind in zip(tokens, value("tokenizer.ggml.token_type")) if kind == 3])
    return made
