// A virtual board: the board top, compiled by Verilator, behind a byte stream.
//
//     virtual_board FD DIVISOR CONTROL [lights]
//
// FD is the controlling side of a pseudo terminal, DIVISOR the clock cycles per bit of the serial
// port at first. This models the UART at the pins, so everything from the pins on is the gateware. The
// terminal takes any speed up to BAUD, which is this first rate; above it, a bit is as many cycles of
// CLOCK_HZ as the speed makes it, so host and board have to agree on it, as on a real board. It ends
// when nobody holds the terminal's other side any more, and sleeps while there is nothing to do. With
// the word "lights" it prints what its lights show, before it sleeps and while it is busy for long.
//
// CONTROL is a socket, for faults on purpose. To a line "list" it answers a line for each memory,
// "NAME WORDS BITS", and an empty one; to "flip NAME WORD BIT AFTER" it answers "flipped", or "none" if
// there is no such bit. The bit is the other once the board has worked AFTER cycles more.

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fcntl.h>
#include <memory>
#include <poll.h>
#include <sstream>
#include <string>
#ifdef __linux__
#include <asm/termbits.h>
#include <sys/ioctl.h>
#else
#include <termios.h>
#endif
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include "Vboard.h"
#include "verilated.h"
#include "verilated_syms.h"

namespace {

constexpr unsigned long BAUD = 1'000'000; // of the port at first, as a host gives it its side
constexpr int BITS = 10;              // of a byte on the line: start, eight, stop
constexpr size_t CHUNK = 4'096;       // bytes handed over at once
constexpr int QUIET_CYCLES = 10'000;  // without a sign of life, until it sleeps
constexpr int BUSY_CYCLES = 1'000'000; // of one command, until its light is worth a line
constexpr int PATIENCE_MS = 1'000;    // for a host that does not read; then its bytes are lost
constexpr int CONTROL_CYCLES = 10'000; // from one look at the control socket to the next

// The host's side of the terminal.
class Host {
  public:
    explicit Host(int fd) : fd_(fd) { fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) | O_NONBLOCK); }

    bool gone() const { return gone_; }

    // Bits per second that the host has given its side of the terminal; 0 if it cannot be told.
    unsigned long speed() const {
#ifdef __linux__
        termios2 found;
        return ioctl(fd_, TCGETS2, &found) == 0 ? found.c_ospeed : 0;
#else
        termios found;
        return tcgetattr(fd_, &found) == 0 ? cfgetospeed(&found) : 0;
#endif
    }

    // Take what has arrived, without waiting; return whether there was anything.
    bool receive(std::deque<uint8_t>& bytes) {
        uint8_t buffer[CHUNK];
        const ssize_t count = read(fd_, buffer, sizeof buffer);
        if (count > 0) bytes.insert(bytes.end(), buffer, buffer + count);
        if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) gone_ = true;
        return count > 0;
    }

    void send(std::vector<uint8_t>& bytes) {
        size_t done = 0;
        while (done < bytes.size()) {
            const ssize_t count = write(fd_, bytes.data() + done, bytes.size() - done);
            if (count > 0) {
                done += count;
            } else if (errno == EAGAIN) {
                if (!wait(POLLOUT, PATIENCE_MS)) break;
            } else if (errno != EINTR) {
                gone_ = true;
                break;
            }
        }
        bytes.clear();
    }

    // Sleep until `events`, the end of the host, or something to read at `other`, if that is one;
    // false after `timeout` milliseconds.
    bool wait(short events, int timeout, int other = -1) {
        pollfd requests[]{{fd_, events, 0}, {other, POLLIN, 0}};
        const int count = poll(requests, 2, timeout);
        if (requests[0].revents & (POLLHUP | POLLERR | POLLNVAL)) gone_ = true;
        return count != 0;
    }

  private:
    int fd_;
    bool gone_ = false;
};

// Puts bytes on the board's rx pin, one level per clock cycle.
class Transmitter {
  public:
    bool idle() const { return cycle_ == 0; }

    void start(uint8_t byte, int divisor) {
        divisor_ = divisor;
        levels_ = (1u << (BITS - 1)) | (unsigned(byte) << 1);
        cycle_ = BITS * divisor_;
    }

    bool level() {
        if (cycle_ == 0) return true;
        const int bit = BITS - 1 - (--cycle_) / divisor_;
        return levels_ >> bit & 1;
    }

  private:
    int divisor_ = 1;
    int cycle_ = 0;  // cycles left of the byte
    unsigned levels_ = 0;
};

// Samples the board's tx pin in the middle of each bit.
class Receiver {
  public:
    bool idle() const { return cycle_ < 0; }

    // Take the level of one clock cycle; true if it completes a byte.
    bool sample(bool level, int divisor) {
        if (cycle_ < 0) {
            if (level) return false;
            divisor_ = divisor;
            cycle_ = 0;
            levels_ = 0;
        }
        if (cycle_ % divisor_ == divisor_ / 2) levels_ |= unsigned(level) << (cycle_ / divisor_);
        if (++cycle_ < BITS * divisor_) return false;
        cycle_ = -1;
        return true;
    }

    uint8_t byte() const { return levels_ >> 1; }

  private:
    int divisor_ = 1;
    int cycle_ = -1;  // of the byte, or -1 between bytes
    unsigned levels_ = 0;
};

// The lights, printed when they show something else.
class Lights {
  public:
    void show(const Vboard& board) {
        const bool busy = board.busy;
        const uint32_t last = board.prediction;
        if (shown_ && busy == busy_ && last == last_) return;
        shown_ = true;
        busy_ = busy;
        last_ = last;
        std::printf("Lights: configured%s, class %u\n", busy ? ", busy" : "", unsigned(last));
        std::fflush(stdout);
    }

  private:
    bool shown_ = false;
    bool busy_ = false;
    uint32_t last_ = 0;
};

// The memories of the board, of which a bit can be changed between two clock cycles.
class Memories {
  public:
    static std::string list() {
        std::ostringstream lines;
        for (const auto& [name, memory] : all())
            lines << name << ' ' << words(*memory) << ' ' << memory->entBits() << '\n';
        return lines.str() + '\n';
    }

    // Flip a bit, and return whether there is one; with `only_look` nothing is changed.
    static bool flip(const std::string& wanted, uint64_t word, uint64_t bit, bool only_look) {
        for (const auto& [name, memory] : all()) {
            if (name != wanted || word >= words(*memory) || bit >= memory->entBits()) continue;
            // A word is little-endian, as this machine is: of one, two, four or eight bytes, or of
            // several times four.
            auto* bytes = static_cast<uint8_t*>(memory->datap()) + word * memory->entSize();
            if (!only_look) bytes[bit / 8] ^= 1u << bit % 8;
            return true;
        }
        return false;
    }

  private:
    using Named = std::pair<std::string, VerilatedVar*>;

    static std::vector<Named> all() {
        std::vector<Named> found;
        for (const auto& [path, scope] : *Verilated::scopeNameMap()) {
            if (!scope->varsp()) continue;
            for (auto& [name, memory] : *scope->varsp())
                if (memory.isPublicRW()) found.emplace_back(std::string(path) + '.' + name, &memory);
        }
        std::sort(found.begin(), found.end());
        return found;
    }

    static uint64_t words(const VerilatedVar& memory) {
        return memory.udims() ? memory.unpackedRanges()[0].elements() : 1;
    }
};

// The socket by which faults are asked for.
class Control {
  public:
    explicit Control(int fd) : fd_(fd) {}

    int fd() const { return fd_; }

    // Flip what is due after one more cycle of work.
    void worked() {
        for (Due& due : due_)
            if (--due.after == 0) Memories::flip(due.name, due.word, due.bit, false);
        while (!due_.empty() && due_.front().after == 0) due_.pop_front();
    }

    // Do what was asked since the last look, without waiting.
    void look() {
        char buffer[CHUNK];
        const ssize_t count = recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
        if (count == 0) fd_ = -1;  // nobody is there any more; a negative one is never ready
        if (count <= 0) return;
        asked_.append(buffer, count);
        for (size_t end; (end = asked_.find('\n')) != std::string::npos; asked_.erase(0, end + 1)) {
            const std::string answer = answered(asked_.substr(0, end));
            send(fd_, answer.data(), answer.size(), MSG_NOSIGNAL);
        }
    }

  private:
    struct Due {
        std::string name;
        uint64_t word = 0, bit = 0, after = 0;
    };

    std::string answered(const std::string& line) {
        std::istringstream words(line);
        std::string verb;
        Due due;
        words >> verb;
        if (verb == "list") return Memories::list();
        if (verb != "flip" || !(words >> due.name >> due.word >> due.bit >> due.after)) return "none\n";
        if (!Memories::flip(due.name, due.word, due.bit, due.after > 0)) return "none\n";
        if (due.after > 0) due_.insert(std::upper_bound(due_.begin(), due_.end(), due, sooner), due);
        return "flipped\n";
    }

    static bool sooner(const Due& one, const Due& other) { return one.after < other.after; }

    int fd_;
    std::string asked_;
    std::deque<Due> due_;  // the soonest first
};

// Return the cycles of a bit at the terminal's speed, of a port that begins with `first`.
int divisor_at(unsigned long speed, int first) {
    return speed <= BAUD ? first : std::max<int>(first, (CLOCK_HZ + speed / 2) / speed);
}

void tick(Vboard& board) {
    board.clk = 0;
    board.eval();
    board.clk = 1;
    board.eval();
}

}  // namespace

int main(int argc, char** argv) {
    const bool lit = argc == 5 && std::strcmp(argv[4], "lights") == 0;
    if (argc != 4 && !lit) {
        std::fprintf(stderr, "usage: virtual_board FD DIVISOR CONTROL [lights]\n");
        return 2;
    }
    const int first = std::atoi(argv[2]);
    int divisor = first;
    Host host(std::atoi(argv[1]));
    Control control(std::atoi(argv[3]));
    Transmitter transmitter;
    Receiver receiver;
    std::deque<uint8_t> to_board;
    std::vector<uint8_t> to_host;

    auto board = std::make_unique<Vboard>();
    board->rx = 1;

    int quiet = 0;    // cycles in which nothing happened
    int working = 0;  // cycles of the command in work
    Lights lights;
    int unasked = 0;  // cycles since the host was asked for bytes
    int unseen = 0;   // cycles since the control socket was looked at
    while (!host.gone()) {
        if (++unseen >= CONTROL_CYCLES) {
            unseen = 0;
            control.look();
        }
        if (to_board.empty() && ++unasked >= BITS * divisor) {
            unasked = 0;
            if (host.receive(to_board)) divisor = divisor_at(host.speed(), first);
        }
        if (transmitter.idle() && !to_board.empty()) {
            transmitter.start(to_board.front(), divisor);
            to_board.pop_front();
        }
        const bool busy = !transmitter.idle() || !receiver.idle() || board->busy;
        quiet = busy ? 0 : quiet + 1;

        board->rx = transmitter.level();
        tick(*board);
        if (board->busy) control.worked();
        if (receiver.sample(board->tx, divisor)) to_host.push_back(receiver.byte());
        if (board->reset) {  // a model has none, which would slow it down: its state is the first again
            board.reset();  // first the old one, for both have the same names
            board = std::make_unique<Vboard>();
            board->rx = 1;
        }
        const bool rests = quiet >= BITS * divisor && !to_host.empty();
        if (rests || to_host.size() >= CHUNK) host.send(to_host);

        working = board->busy ? working + 1 : 0;
        if (lit && working == BUSY_CYCLES) lights.show(*board);
        if (quiet >= QUIET_CYCLES && !board->trial) {  // a trial ends by its cycles
            if (lit) lights.show(*board);
            host.wait(POLLIN, -1, control.fd());
            quiet = 0;
            unseen = CONTROL_CYCLES;
        }
    }
    return 0;
}
