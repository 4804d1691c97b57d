// The steps of neurons that hear their own layer, with sums of rows over events. Follows the
// functions `forward` and `backward` of a neuron, and the vectors of event_product.hpp.
//
// Samples do not hear each other, so a few of them are run through all steps before the next ones,
// and what they need stays in the caches: `together` of them. Arguments are those of a neuron, and
// after them: the spikes before the first step or null; `rows`, the weights of what is heard, and
// `columns`, the same of those that it goes back to, `width` wide, a multiple of LANES; which input
// is heard, of which there is one step; how many inputs, states and constants there are; neurons of
// a sample.

enum { MOST = 32 };

template <typename P, typename Q>
static void at_step(P *to, const Q *from, std::int64_t count, std::int64_t offset) {
    for (std::int64_t n = 0; n < count; ++n) to[n] = from[n] ? from[n] + offset : nullptr;
}

static void hear(
    const R *spikes, const R *rows, R *heard, std::int64_t neurons, std::int64_t width,
    std::int32_t *places, R *room
) {
    bool ones = true;
    const std::int64_t count = find(spikes, neurons, places, ones);
    std::int64_t at = 0;
    for (; at + MANY * LANES <= width; at += MANY * LANES)
        sum<MANY, true>(spikes, places, count, rows + at, width, room + at);
    for (; at < width; at += LANES)
        sum<1, true>(spikes, places, count, rows + at, width, room + at);
    std::memcpy(heard, room, neurons * sizeof(R));
}

// What a step of some samples hears.
static void hear_all(
    const R *last, const R *rows, R *heard, std::int64_t neurons, std::int64_t width,
    std::int64_t at, std::int64_t till, std::int32_t *places, R *room
) {
    if (!last) std::fill(heard + at, heard + till, R(0));
    else for (std::int64_t s = at; s < till; s += neurons)
        hear(last + s, rows, heard + s, neurons, width, places, room);
}

extern "C" void heard_forward(
    const double *numbers, const R *const *tables, const R *const *constants,
    const R *const *inputs, const R *const *starts, R *const *states, R *spikes,
    const R *first, const R *rows, std::int64_t own, std::int64_t inputs_count,
    std::int64_t states_count, std::int64_t neurons, std::int64_t width, std::int64_t together,
    std::int64_t steps, std::int64_t elements, std::int64_t begin, std::int64_t end
) {
    std::vector<std::int32_t> places(neurons + 16);
    std::vector<R> room(width);
    const R *given[MOST], *before[MOST];
    R *after[MOST];
    for (std::int64_t at = begin; at < end; at += together * neurons) {
        const std::int64_t till = std::min(at + together * neurons, end);
        std::copy(starts, starts + states_count, before);
        for (std::int64_t t = 0; t < steps; ++t) {
            const R *const last = t ? spikes + (t - 1) * elements : first;
            hear_all(last, rows, const_cast<R *>(inputs[own]), neurons, width, at, till,
                     places.data(), room.data());
            at_step(given, inputs, inputs_count, t * elements);
            given[own] = inputs[own];
            at_step(after, states, states_count, t * elements);
            forward(numbers, tables, constants, given, before, after, spikes + t * elements,
                    1, elements, at, till);
            std::copy(after, after + states_count, before);
        }
    }
}

// What spikes get of what is heard: a product of two samples and VECTORS vectors of rows.
template <int VECTORS>
__attribute__((optimize("fp-contract=fast")))
static void back(
    const R *one, const R *other, const R *rows, std::int64_t neurons, std::int64_t width,
    R *of_one, R *of_other
) {
    V first[VECTORS] = {}, second[VECTORS] = {};
    for (std::int64_t n = 0; n < neurons; ++n)
        for (int v = 0; v < VECTORS; ++v) {
            const V row = load(rows + n * width + v * LANES);
            first[v] += row * one[n];
            second[v] += row * other[n];
        }
    std::memcpy(of_one, first, sizeof first);
    std::memcpy(of_other, second, sizeof second);
}

// The gradients of a pair of samples' spikes, to which are added those that are given, if any.
static void back_pair(
    const R *one, const R *other, const R *columns, std::int64_t neurons, std::int64_t width,
    R *room, const R *given_one, const R *given_other, R *of_one, R *of_other
) {
    std::int64_t at = 0;
    for (; at + MANY * LANES <= width; at += MANY * LANES)
        back<MANY>(one, other, columns + at, neurons, width, room + at, room + width + at);
    for (; at < width; at += LANES)
        back<1>(one, other, columns + at, neurons, width, room + at, room + width + at);
    for (std::int64_t j = 0; j < neurons; ++j) {
        of_one[j] = room[j] + (given_one ? given_one[j] : R(0));
        of_other[j] = room[width + j] + (given_other ? given_other[j] : R(0));
    }
}

// Adds to the gradients of the rows of those that spiked.
static void add_rows(
    const R *spikes, const R *given, R *of_rows, std::int64_t neurons, std::int32_t *places
) {
    bool ones = true;
    const std::int64_t count = find(spikes, neurons, places, ones);
    for (std::int64_t k = 0; k < count; ++k) {
        R *const row = of_rows + places[k] * neurons;
        for (std::int64_t n = 0; n < neurons; ++n) row[n] += given[n];
    }
}

// `of_starts` and `of_spike` go in with the gradients of the states and spikes after the last step,
// and come out with those of the states and of `first`. Those of the other spikes lie `of_step`
// apart, 0 if they are the same in all steps. `of_rows` has a matrix for each `together`.
extern "C" void heard_backward(
    const double *numbers, const R *const *tables, const R *const *constants,
    const R *const *inputs, const R *const *starts, R *const *states, const R *spikes,
    const R *first, const R *of_spikes, std::int64_t of_step, const R *of_membranes,
    R *const *of_inputs, R *const *of_starts, R *const *of_constants, R *const *totals,
    R *of_spike, R *of_rows,
    const R *rows, const R *columns, std::int64_t own, std::int64_t inputs_count,
    std::int64_t states_count, std::int64_t constants_count, std::int64_t neurons,
    std::int64_t width, std::int64_t together, std::int64_t steps, std::int64_t elements, std::int64_t begin, std::int64_t end
) {
    std::vector<std::int32_t> places(neurons + 16);
    std::vector<R> room(2 * width);
    const R *given[MOST], *before[MOST];
    R *after[MOST], *gives[MOST];
    for (std::int64_t at = begin; at < end; at += together * neurons) {
        const std::int64_t till = std::min(at + together * neurons, end);
        R *const of_mine = of_rows + at / (together * neurons) * (neurons * neurons);
        for (std::int64_t t = steps - 1; t >= 0; --t) {
            const R *const last = t ? spikes + (t - 1) * elements : first;
            hear_all(last, rows, const_cast<R *>(inputs[own]), neurons, width, at, till,
                     places.data(), room.data());
            at_step(given, inputs, inputs_count, t * elements);
            at_step(gives, of_inputs, inputs_count, t * elements);
            at_step(after, states, states_count, t * elements);
            given[own] = inputs[own];
            gives[own] = of_inputs[own];
            if (t) at_step(before, states, states_count, (t - 1) * elements);
            else std::copy(starts, starts + states_count, before);
            const R *const earlier = of_membranes && t ? of_membranes + (t - 1) * elements : nullptr;
            backward(numbers, tables, constants, given, before, after, of_spike, nullptr,
                     of_starts, earlier, gives, of_starts, of_constants, 1, elements, at, till);
            for (std::int64_t n = 0; n < constants_count; ++n)
                if (totals[n])
                    for (std::int64_t j = at; j < till; ++j) totals[n][j] += of_constants[n][j];
            if (!last) continue;
            const R *const before_it = t && of_spikes ? of_spikes + (t - 1) * of_step : nullptr;
            for (std::int64_t s = at; s < till; s += neurons)
                add_rows(last + s, gives[own] + s, of_mine, neurons, places.data());
            for (std::int64_t s = at; s < till; s += 2 * neurons) {
                const std::int64_t next = std::min(s + neurons, till - neurons);
                back_pair(gives[own] + s, gives[own] + next, columns, neurons, width, room.data(),
                          before_it ? before_it + s : nullptr, before_it ? before_it + next : nullptr,
                          of_spike + s, of_spike + next);
            }
        }
    }
}
