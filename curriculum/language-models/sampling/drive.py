"""Makes the callable that beam_search needs from a table of log-probabilities, beside the learner's code."""


def beam_search(answer, table, bos, eos, width, max_len):
    """Call the answer with a step that looks the next log-probabilities up in `table` (states, V).

    The state after a prefix is its number in the tree of all sequences, modulo the number of states, so that the
    next token depends on everything before it.
    """

    def step(ids):
        ids = [int(i) for i in ids]
        if not ids or ids[0] != bos:
            raise ValueError(f"step was called with {ids}, which does not start with bos = {bos}")
        if eos in ids[1:]:
            raise ValueError(f"step was called with {ids}, which is finished: it has eos = {eos}")
        if len(ids) > max_len:
            raise ValueError(f"step was called with {ids}, which has max_len = {max_len} tokens after bos already")
        state = 0
        for token in ids[1:]:
            state = (state * table.shape[1] + token + 1) % table.shape[0]
        return table[state, ...]

    return answer.beam_search(step, bos, eos, width, max_len)
