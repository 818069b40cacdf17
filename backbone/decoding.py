"""Text out of a context, token by token (BAGEL specification §15), and scores of given answers.

It works on ids; words are made by the face. The context itself is never changed.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from backbone.context import Context
from backbone.decoder import Cache
from backbone.limits import never, require, require_seed
from backbone.packing import TextItem

__all__ = ["Decoding", "Score", "TextOptions", "decode", "scores"]


@dataclass(frozen=True)
class TextOptions:
    """Choose how text is decoded; the default is greedy."""

    # the eos that ends the answer is not counted
    max_new_tokens: int = 512
    # 0 takes the likeliest token
    temperature: float = 0.0
    # draw from the smallest set of tokens that holds this share of probability
    top_p: float = 1.0
    # None draws a seed
    seed: int | None = None
    # asked before every token; True ends the answer where it is
    should_stop: Callable[[], bool] = never

    def __post_init__(self) -> None:
        require(self.max_new_tokens >= 0, "max_new_tokens", self.max_new_tokens, "0 or more")
        require(self.temperature >= 0, "temperature", self.temperature, "0 or more")
        require(0 < self.top_p <= 1, "top_p", self.top_p, "above 0, up to 1")
        require_seed(self.seed)


@dataclass(frozen=True)
class Score:
    """Tell how likely an answer is: natural logarithms, its eos included."""

    log_probability: float
    tokens: int

    @property
    def mean(self) -> float:
        """Return the mean log-probability per token, 0 for an answer without any."""
        return self.log_probability / max(self.tokens, 1)


class Decoding:
    """Feed tokens after a context, one at a time; keep what they add to the cache here."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.cache: Cache = context.cache
        self.rope = context.rope

    @torch.no_grad()
    def step(self, token: int) -> Tensor:
        """Feed a token; return the logits ``[V + C]`` of the next."""
        model, table = self.context.model, self.context.table
        fed = model.embed_ids([token], table)[None]
        geometry = model.step_geometry(self.rope, self.cache)
        und, _, self.cache = model.run(fed, None, geometry, self.cache, keep=True)
        self.rope += 1
        if und is None:
            raise ValueError("a decoding step lost its token")
        return model.logits(und[0, -1], table)


# Words of one meaning are .4 to .6 alike ("it", " It"); names of omni-mini begin as " it" and are
# .72 alike after 40 steps.
_ALIKE = 0.65


def decode(context: Context, options: TextOptions | None = None) -> Iterator[int]:
    """Yield the ids of an answer; eos ends it and is not yielded.

    A fresh bos at the next position opens the answer's segment.
    """
    options = options or TextOptions()
    special = context.model.config.special_tokens
    generator = torch.Generator()
    generator.manual_seed(options.seed) if options.seed is not None else generator.seed()
    run, token, taken = Decoding(context), special.bos_token_id, _namesakes(context)
    for number in range(options.max_new_tokens):
        if options.should_stop():
            return
        column = pick(run.step(token).index_fill(-1, taken, float("-inf")), options, generator)
        token = context.table.token(column)
        if number == 0:
            token = _by_name(context, token)
        if token == special.eos_token_id:
            return
        # once it was named, the word is a pronoun again
        taken = taken[:0] if token >= context.table.vocab_size else taken
        yield token


def _namesakes(context: Context) -> Tensor:
    """List the words that score as a concept's name does, whatever the state.

    A name's row may begin as that of a word; the word, which comes first, would be said wherever
    the name is meant. Of several concepts it could be any: then it stays what it is.
    """
    concepts, model = context.table.concepts, context.model
    like = model.language_model.words_like(concepts[0].out[0]) if len(concepts) == 1 else []
    return torch.tensor(like, dtype=torch.long, device=model.device)


def _by_name(context: Context, token: int) -> int:
    """Begin an answer with the one concept's name where it would begin with a word much like it.

    A trained name no longer scores as the word it began as, and may lose to it.
    """
    concepts = context.table.concepts
    if len(concepts) != 1 or token >= context.table.vocab_size:
        return token
    rows = context.model.language_model.output_rows([token])
    if rows is None:
        return token
    alike = F.cosine_similarity(
        rows[0].float(), concepts[0].out[0].detach().to(rows).float(), dim=0
    )
    return concepts[0].first if float(alike) >= _ALIKE else token


def pick(logits: Tensor, options: TextOptions, generator: Generator) -> int:
    """Choose a column of ``logits [V + C]``: the likeliest, or drawn."""
    if options.temperature <= 0:
        return int(logits.argmax())
    probabilities = (logits.float().cpu() / options.temperature).softmax(-1)
    if options.top_p < 1:
        probabilities = _nucleus(probabilities, options.top_p)
    return int(torch.multinomial(probabilities, 1, generator=generator))


def _nucleus(probabilities: Tensor, share: float) -> Tensor:
    ordered, places = probabilities.sort(descending=True)
    before = ordered.cumsum(-1) - ordered
    return probabilities.index_fill(0, places[before >= share], 0.0)


@torch.no_grad()
def scores(
    context: Context, answers: Sequence[Sequence[int]], *, closed: bool = True
) -> list[Score]:
    """Score the ids of each of several answers after a context, in one pass.

    ``closed`` counts the eos that ends an answer.
    """
    states = context.peek([(TextItem(tuple(ids)),) for ids in answers])
    return [
        _score(context, ids, hidden, closed) for ids, hidden in zip(answers, states, strict=True)
    ]


def _score(context: Context, ids: Sequence[int], hidden: Tensor, closed: bool) -> Score:
    """Score ids by the states ``[T, Du]`` from bos to eos."""
    model, table = context.model, context.table
    logits = model.logits(hidden[:-1], table).float()
    eos = model.config.special_tokens.eos_token_id
    exact = model.exact_logits(hidden[:-1], (*ids, eos), table)
    chosen = exact - logits.logsumexp(-1)
    chosen = chosen if closed else chosen[:-1]
    return Score(float(chosen.sum()), len(chosen))
