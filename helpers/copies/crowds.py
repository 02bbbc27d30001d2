"""Pictures of which many fit over one another and yet differ: forms, variants of a product, frames
of one camera.
"""

import numpy as np

ALIKE = 3
"""Pictures that may differ from one another in one place or in colour and still be copies; more are
forms filled in differently, variants of a product, or frames of one camera."""


class Crowds:
    """Pictures linked by doubtful pairs, directly or through others, as the pairs become known.

    A pair is doubtful that differs in one place, in colour or by its times. In a group of more than
    `ALIKE` pictures none of these pairs is listed, so that those between two pictures of such
    groups need not be looked at at all.

    Parameters
    ----------
    times : datetime64 array
        When each picture was taken; missing where nobody knows.
    """

    def __init__(self, times: np.ndarray):
        self._times = times
        self._above = np.arange(len(times))
        self._sizes = np.ones(len(times), int)

    def differ_in_time(self, first: int, second: int) -> bool:
        one, two = self._times[first], self._times[second]
        return not (np.isnat(one) or np.isnat(two) or one == two)

    def learn(self, first: int, second: int, facts: dict | None) -> None:
        """Link two pictures if what is known of them is doubtful; nothing for two photos."""
        if not facts:
            return
        doubtful = facts["kind"] == "part" or "colour" in facts["difference"]
        if doubtful or self.differ_in_time(first, second):
            one, two = sorted((self._root(first), self._root(second)))
            if one != two:
                self._above[two] = one
                self._sizes[one] += self._sizes[two]

    def are_in(self, first: int, second: int) -> bool:
        """Whether both belong to groups of more than `ALIKE`."""
        return all(self._sizes[self._root(number)] > ALIKE for number in (first, second))

    def _root(self, number: int) -> int:
        while self._above[number] != number:
            self._above[number] = self._above[self._above[number]]
            number = self._above[number]
        return int(number)
