"""When the read ports send their words while partial sums take precedence (`solver.cost.serial.replay`).

A port sends one word per cycle: a partial sum if one is queued, else the next word of its stream. So between
two partial sums a stream's words follow from how many it had sent by the first.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from solver.cost.serial.tile import SerialTile
from solver.cost.serial.watch import SerialWatch

_REMEMBERED = 64
"""Partial sums of a port that are remembered; a word takes fewer cycles to its bus line."""


class Sent(NamedTuple):
    """A stream had sent `words` by the end of `cycle`, in iteration `iteration` generated from `start` on."""

    cycle: int
    words: int
    iteration: int
    start: int


class SerialPorts:
    """The streams of one mapping on the clock; words are counted over all iterations.

    Parameters
    ----------
    watch
        Is told what is sent when, if weights may overtake inputs.

    Attributes
    ----------
    iteration, start
        The filter iteration whose steps are generated, and the cycle before its first.
    now, before
        Per stream, what was known to be sent last, and before that.
    starved
        Per stream, whether it sends nothing while the window slides, so that it may wait for the generator.
    doubtful
        Starved streams of whose words only a lower bound is known, until they have sent all that were made.
    psums
        Per stream, the partial sums that were sent one by one.
    """

    def __init__(self, tile: SerialTile, watch: SerialWatch | None = None) -> None:
        self.tile, self.watch = tile, watch
        self.iteration = self.start = 0
        self.now = [Sent(0, 0, 0, 0)] * len(tile.words)
        self.before: list[deque[Sent]] = [deque(maxlen=_REMEMBERED) for _ in tile.words]
        self.starved = [tile.forwards and not b for b in tile.later]
        self.doubtful = set[int]()
        self.psums = [0] * len(tile.words)

    def open(self, cycle: int) -> None:
        """Let the generator make the next iteration's steps from the next cycle on."""
        for stream in range(len(self.now)):
            self._note(stream, cycle, self.words_by(stream, cycle), self.iteration + 1, cycle)
        self.iteration, self.start = self.iteration + 1, cycle
        if self.watch is not None:
            self.watch.open(cycle)

    def psum(self, stream: int, cycle: int) -> None:
        """Send a partial sum in a cycle, so that no word of the stream is."""
        self.psums[stream] += 1
        self._note(stream, cycle, self.words_by(stream, cycle - 1), self.iteration, self.start)
        if self.watch is not None:
            self.watch.psum(stream, cycle)

    def _note(self, stream: int, cycle: int, words: int, iteration: int, start: int) -> None:
        self.before[stream].append(self.now[stream])
        self.now[stream] = Sent(cycle, words, iteration, start)

    def words_by(self, stream: int, cycle: int) -> int:
        """Return the words sent by the end of a cycle, if no partial sum was sent since the last one."""
        at, words, _, start = self.now[stream]
        # A step is generated per cycle, with at least one word for a stream that is not starved.
        if self.starved[stream]:
            made = self.iteration * self.tile.words[stream] + self.generated(stream, cycle - start)
            if words + cycle - at >= made:
                self.doubtful.discard(stream)
        else:
            made = (self.iteration + 1) * self.tile.words[stream]
        return max(words, min(words + cycle - at, made))

    def generated(self, stream: int, age: int) -> int:
        """Return the words that an iteration's steps let a starved stream send in `age` cycles."""
        tile = self.tile
        weights, first = tile.folds * tile.weights[stream], tile.folds * tile.first[stream]
        if age < 1 + tile.folds:
            return max(0, min(weights, age))
        row = min((age - 1 - tile.folds) // (tile.folds * tile.cols), tile.rows - 1)
        since = age - tile.folds - row * tile.folds * tile.cols
        return min(weights + row * first + min(first, since), age)

    def sent_before(self, stream: int, cycle: int) -> int:
        """Return at least how many words were sent by the end of an earlier cycle."""
        known = self.now[stream].cycle
        return self.words_by(stream, max(cycle, known)) - max(0, known - cycle)

    def set_forward(self, stream: int, cycle: int, more: int, psums: int, steps: list[int]) -> None:
        """Let a stream, of whose words none is wanted meanwhile, send words for some cycles.

        Parameters
        ----------
        more, psums
            Cycles after `cycle`, the present one, and partial sums that take some of them.
        steps
            Per virtual neuron, how many sums it has formed by now.
        """
        words, everything = self.words_by(stream, cycle), (self.iteration + 1) * self.tile.words[stream]
        if words == everything:
            return
        if self.starved[stream]:
            words = self.starved_words(stream, cycle, more, steps)
            self.doubtful.add(stream)
        else:
            words = min(everything, words + more - psums)
        self.before[stream].clear()
        self.now[stream] = Sent(cycle + more, words, self.iteration, self.start)

    def starved_words(self, stream: int, cycle: int, more: int, steps: list[int]) -> int:
        """Return at least how many words a starved stream has sent some cycles after the present one.

        A partial sum delays words by a cycle at most. A virtual neuron behind the port has sent one per step
        at most, and sends no two within the shortest way round.

        Parameters
        ----------
        more
            Cycles after `cycle`, the present one.
        steps
            Per virtual neuron, how many sums it has formed by then.
        """
        tile, lost = self.tile, 0
        for vn, behind in enumerate(tile.psum_stream):
            if behind == stream:
                lost += max(0, steps[vn] - self.iteration * tile.steps)
                lost += more // (tile.psum_climb[vn] + 1 + tile.latch) + 1
        made = self.iteration * tile.words[stream] + self.generated(stream, cycle - self.start + more - lost)
        return max(self.words_by(stream, cycle), made)

    def sent(self, stream: int, iteration: int, word: int, earliest: int) -> int:
        """Return when a word is sent unless partial sums take its cycle; or `earliest`, if that is later.

        Parameters
        ----------
        word
            Its number in the iteration, from 1.
        earliest
            A cycle before which it makes no difference.
        """
        number = iteration * self.tile.words[stream] + word
        note = self.now[stream]
        if number <= note.words:
            for note in reversed(self.before[stream]):
                if note.words < number:
                    break
                if note.cycle <= earliest:
                    return earliest
            else:
                return earliest
        cycle = note.cycle + number - note.words
        if self.starved[stream] and iteration == note.iteration:
            cycle = max(cycle, note.start + self._made(stream, word))
        return cycle

    def _made(self, stream: int, word: int) -> int:
        """Return the cycle, after an iteration's start, in which a starved stream alone could send a word."""
        tile = self.tile
        weights, first = tile.folds * tile.weights[stream], tile.folds * tile.first[stream]
        if word <= weights:
            return word
        row, within = divmod(word - weights - 1, first)
        return max(word, 1 + tile.folds + row * tile.folds * tile.cols + within)
