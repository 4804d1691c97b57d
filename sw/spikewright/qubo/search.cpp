// The search of spikewright_hw.qubo.search, compiled: written a second time, for speed alone.
//
// Neurons lie in arrays, not in words; which of a word's neurons wins is found from the last level
// of choices down, where the definition goes from the first level up.

#include <cstdint>
#include <cstring>
#include <vector>

namespace {

enum Urge { CONFLICT, FREE, ONE, TWO, MORE, NONE };

struct Register {
    uint32_t state, mask, taps;
    void step() { state = (state << 1 | (__builtin_popcount(state & taps) & 1)) & mask; }
};

struct Race {
    const uint8_t *urges;
    uint32_t turns;
    int stride;

    // Whether a neuron of the range has the least urge.
    static bool any(const uint8_t *urges, int count, int least) {
        return std::memchr(urges, least, count) != nullptr;
    }

    int winner(int lanes, int present, int least) const {
        int first = 0, level = 0;
        while (1 << level < lanes) level++;
        for (int half = lanes / 2; half; half /= 2) {
            level--;
            const int low = first < present ? (present - first < half ? present - first : half) : 0;
            const int from = first + half;
            const int high = from < present ? (present - from < half ? present - from : half) : 0;
            const bool one = low && any(urges + first, low, least);
            const bool other = high && any(urges + from, high, least);
            if (other && (!one || (turns >> (stride * level) & 1))) first = from;
        }
        return first;
    }
};

}  // namespace

extern "C" {

// Search until a pass number or a size is reached. `starts` and `ends` say where in `neighbours`
// those of a vertex lie; `settings` are seed, rest, mask of the spread, noise; `shape` are lanes,
// stride of the choices, bits of the key, bits of the noise; `taps` those of the three registers.
// The passes in which a larger set was seen go to `scans`, the last such set to `best`. The number
// of such sets is returned.
int64_t search(
    int64_t count, const int32_t *starts, const int32_t *neighbours, const uint32_t *settings,
    const int32_t *shape, const uint32_t *widths, const uint32_t *taps, int64_t longest,
    int64_t target, int64_t *scans, uint8_t *best
) {
    const int lanes = shape[0], stride = shape[1];
    const uint32_t key_mask = (1u << shape[2]) - 1, noise_mask = (1u << shape[3]) - 1;
    Register chance[3];
    for (int i = 0; i < 3; i++) {
        const uint32_t mask = widths[i] == 32 ? ~0u : (1u << widths[i]) - 1;
        chance[i] = {(settings[0] & mask) | 1, mask, taps[i]};
    }
    std::vector<uint8_t> active(count), conflict(count), urges(count);
    std::vector<uint8_t> rest(count);
    std::vector<uint16_t> field(count);
    int64_t size = 0, largest = 0;
    for (int64_t scan = 1; scan <= longest; scan++) {
        const bool noisy = (chance[2].state & noise_mask) < settings[3];
        const uint8_t by_field[4] = {
            FREE, uint8_t(noisy ? TWO : ONE), uint8_t(noisy ? ONE : TWO), MORE};
        for (int64_t v = 0; v < count; v++) {
            const uint8_t asleep = active[v] ? (conflict[v] ? CONFLICT : NONE) : NONE;
            const uint16_t near = field[v] < 3 ? field[v] : 3;
            urges[v] = active[v] || rest[v] ? asleep : by_field[near];
            rest[v] -= rest[v] > 0;
        }
        int64_t winner = 0;
        int least = NONE;
        int64_t highest = -1;
        for (int64_t at = 0; at < count; at += lanes) {
            const int present = count - at < lanes ? int(count - at) : lanes;
            int lowest = NONE;
            for (int l = 0; l < present; l++) lowest = urges[at + l] < lowest ? urges[at + l] : lowest;
            const int64_t key = chance[1].state & key_mask;
            if (lowest < least || (lowest == least && key > highest)) {
                if (lowest != NONE) {
                    const Race race{&urges[at], chance[0].state, stride};
                    winner = at + race.winner(lanes, present, lowest);
                }
                least = lowest;
                highest = key;
            }
            for (auto &one : chance) one.step();
        }
        if (least != CONFLICT && size > largest) {
            largest = size;
            scans[size - 1] = scan;
            std::memcpy(best, active.data(), count);
            if (size >= target) return largest;
        }
        if (least == NONE) continue;
        const bool joins = least != CONFLICT;
        active[winner] = joins;
        size += joins ? 1 : -1;
        if (!joins) {
            conflict[winner] = 0;
            rest[winner] = settings[1] + (chance[2].state >> shape[3] & settings[2]);
        }
        for (int32_t at = starts[winner]; at < starts[winner + 1]; at++) {
            const int32_t v = neighbours[at];
            field[v] += joins ? 1 : -1;
            if (joins && active[v]) conflict[v] = 1;
        }
    }
    return largest;
}
}
