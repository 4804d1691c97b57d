// A virtual board: the board top, compiled by Verilator, behind a byte stream.
//
//     virtual_board FD DIVISOR [lights]
//
// FD is the controlling side of a pseudo terminal, DIVISOR the clock cycles per bit of the serial
// port. This models the UART at the pins, so everything from the pins on is the gateware. It ends
// when nobody holds the terminal's other side any more, and sleeps while there is nothing to do. With
// the word "lights" it prints what its lights show, before it sleeps and while it is busy for long.

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fcntl.h>
#include <memory>
#include <poll.h>
#include <unistd.h>
#include <vector>

#include "Vboard.h"
#include "verilated.h"

namespace {

constexpr int BITS = 10;              // of a byte on the line: start, eight, stop
constexpr size_t CHUNK = 4'096;       // bytes handed over at once
constexpr int QUIET_CYCLES = 10'000;  // without a sign of life, until it sleeps
constexpr int BUSY_CYCLES = 1'000'000; // of one command, until its light is worth a line
constexpr int PATIENCE_MS = 1'000;    // for a host that does not read; then its bytes are lost

// The host's side of the terminal.
class Host {
  public:
    explicit Host(int fd) : fd_(fd) { fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) | O_NONBLOCK); }

    bool gone() const { return gone_; }

    // Take what has arrived, without waiting.
    void receive(std::deque<uint8_t>& bytes) {
        uint8_t buffer[CHUNK];
        const ssize_t count = read(fd_, buffer, sizeof buffer);
        if (count > 0) bytes.insert(bytes.end(), buffer, buffer + count);
        if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) gone_ = true;
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

    // Sleep until `events` or the end of the host; false after `timeout` milliseconds.
    bool wait(short events, int timeout) {
        pollfd request{fd_, events, 0};
        const int count = poll(&request, 1, timeout);
        if (request.revents & (POLLHUP | POLLERR | POLLNVAL)) gone_ = true;
        return count != 0;
    }

  private:
    int fd_;
    bool gone_ = false;
};

// Puts bytes on the board's rx pin, one level per clock cycle.
class Transmitter {
  public:
    explicit Transmitter(int divisor) : divisor_(divisor) {}

    bool idle() const { return cycle_ == 0; }

    void start(uint8_t byte) {
        levels_ = (1u << (BITS - 1)) | (unsigned(byte) << 1);
        cycle_ = BITS * divisor_;
    }

    bool level() {
        if (cycle_ == 0) return true;
        const int bit = BITS - 1 - (--cycle_) / divisor_;
        return levels_ >> bit & 1;
    }

  private:
    int divisor_;
    int cycle_ = 0;  // cycles left of the byte
    unsigned levels_ = 0;
};

// Samples the board's tx pin in the middle of each bit.
class Receiver {
  public:
    explicit Receiver(int divisor) : divisor_(divisor) {}

    bool idle() const { return cycle_ < 0; }

    // Take the level of one clock cycle; true if it completes a byte.
    bool sample(bool level) {
        if (cycle_ < 0) {
            if (level) return false;
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
    int divisor_;
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

void tick(Vboard& board) {
    board.clk = 0;
    board.eval();
    board.clk = 1;
    board.eval();
}

}  // namespace

int main(int argc, char** argv) {
    const bool lit = argc == 4 && std::strcmp(argv[3], "lights") == 0;
    if (argc != 3 && !lit) {
        std::fprintf(stderr, "usage: virtual_board FD DIVISOR [lights]\n");
        return 2;
    }
    const int divisor = std::atoi(argv[2]);
    Host host(std::atoi(argv[1]));
    Transmitter transmitter(divisor);
    Receiver receiver(divisor);
    std::deque<uint8_t> to_board;
    std::vector<uint8_t> to_host;

    auto board = std::make_unique<Vboard>();
    board->rx = 1;

    int quiet = 0;    // cycles in which nothing happened
    int working = 0;  // cycles of the command in work
    Lights lights;
    int unasked = 0;  // cycles since the host was asked for bytes
    while (!host.gone()) {
        if (to_board.empty() && ++unasked >= BITS * divisor) {
            unasked = 0;
            host.receive(to_board);
        }
        if (transmitter.idle() && !to_board.empty()) {
            transmitter.start(to_board.front());
            to_board.pop_front();
        }
        const bool busy = !transmitter.idle() || !receiver.idle() || board->busy;
        quiet = busy ? 0 : quiet + 1;

        board->rx = transmitter.level();
        tick(*board);
        if (receiver.sample(board->tx)) to_host.push_back(receiver.byte());
        if (board->reset) {  // a model has none, which would slow it down: its state is the first again
            board = std::make_unique<Vboard>();
            board->rx = 1;
        }
        if (quiet == BITS * divisor || to_host.size() >= CHUNK) host.send(to_host);

        working = board->busy ? working + 1 : 0;
        if (lit && working == BUSY_CYCLES) lights.show(*board);
        if (quiet >= QUIET_CYCLES) {
            if (lit) lights.show(*board);
            host.wait(POLLIN, -1);
            quiet = 0;
        }
    }
    return 0;
}
