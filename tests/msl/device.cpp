// Runs kernels (metal.hpp) on one thread: a fiber for each invocation of a threadgroup, one threadgroup after another.
//
// A fiber runs until it waits for others. Their order is forward, backward or shuffled, so that a barrier that is missing
// shows; one that not all come to is reported, and so is an access beyond a buffer, behind whose end lies a page that is
// nobody's. Jobs come as lines:
//
//     KERNEL ORDER SIMD_WIDTH GROUPS_X Y Z SIDE_X Y Z FILE…
//
// The files are the buffers 0, 1, … and are written back. Each job has a process of its own; a line `fine` or `failed: WHY`
// says what became of it.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <iostream>
#include <string>
#include <vector>

#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "metal.hpp"

namespace msl {

const Ids *now;

namespace {

constexpr size_t STACK = 256 << 10;
constexpr uint WIDEST = 64, VALUE = 32; // lanes of a simdgroup, bytes of what a lane gives

enum State { READY, AT_BARRIER, IN_SIMDGROUP, LEAVES_SIMDGROUP, DONE };

struct Fiber {
    ucontext_t context;
    Ids ids;
    State state;
};

struct Simdgroup {
    alignas(16) char given[WIDEST * VALUE];
    bool active[WIDEST];
};

struct Group {
    const Kernel *entry;
    void *const *buffers;
    uint width;
    std::vector<Fiber> fibers;
    std::vector<Simdgroup> simdgroups;
    std::vector<uint> order;
    char *stacks;
    uint current;
    ucontext_t main;
} group;

Fiber &current() { return group.fibers[group.current]; }

void wait(State state) {
    Fiber &fiber = current();
    fiber.state = state;
    swapcontext(&fiber.context, &group.main);
}

void start() {
    group.entry->run(group.buffers, current().ids);
    wait(DONE);
}

uint first_of(uint simdgroup) { return simdgroup * group.width; }
uint end_of(uint simdgroup) {
    uint end = first_of(simdgroup) + group.width, all = group.fibers.size();
    return end < all ? end : all;
}

// All that are not done wait in the same way: they go on.
bool release(uint first, uint end, State state) {
    uint waiting = 0, done = 0;
    for (uint i = first; i < end; i++) {
        waiting += group.fibers[i].state == state;
        done += group.fibers[i].state == DONE;
    }
    bool all = waiting > 0 && waiting + done == end - first;
    for (uint i = first; all && i < end; i++) {
        if (group.fibers[i].state == state) group.fibers[i].state = READY;
    }
    return all;
}

bool release_simdgroup(uint index) {
    uint first = first_of(index), end = end_of(index);
    bool active[WIDEST] = {};
    for (uint i = first; i < end; i++) active[i - first] = group.fibers[i].state == IN_SIMDGROUP;
    if (!release(first, end, IN_SIMDGROUP)) return release(first, end, LEAVES_SIMDGROUP);
    memcpy(group.simdgroups[index].active, active, sizeof active);
    return true;
}

void run_ready() {
    for (uint i : group.order) {
        if (group.fibers[i].state == READY) {
            group.current = i;
            now = &group.fibers[i].ids;
            swapcontext(&group.main, &group.fibers[i].context);
        }
    }
}

const char *run_together() {
    for (uint i = 0; i < group.fibers.size(); i++) {
        Fiber &fiber = group.fibers[i];
        fiber.state = READY;
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = group.stacks + i * STACK;
        fiber.context.uc_stack.ss_size = STACK;
        makecontext(&fiber.context, start, 0);
    }
    for (;;) {
        run_ready();
        bool goes_on = false;
        for (uint i = 0; i < group.simdgroups.size(); i++) goes_on |= release_simdgroup(i);
        if (goes_on) continue;
        bool all = true, done = true;
        for (const Fiber &fiber : group.fibers) {
            all &= fiber.state == AT_BARRIER;
            done &= fiber.state == DONE;
        }
        if (done) return nullptr;
        if (!all) return "not every invocation comes to a barrier";
        release(0, group.fibers.size(), AT_BARRIER);
    }
}

const char *run_group() {
    if (group.entry->together) return run_together();
    for (uint i : group.order) {
        now = &group.fibers[i].ids;
        group.entry->run(group.buffers, group.fibers[i].ids);
    }
    return nullptr;
}

void set_order(const std::string &order) {
    uint count = group.fibers.size();
    group.order.resize(count);
    for (uint i = 0; i < count; i++) group.order[i] = order == "backward" ? count - 1 - i : i;
    uint random = 12345;
    for (uint i = count; order == "shuffled" && i > 1; i--) {
        random = random * 1664525 + 1013904223;
        std::swap(group.order[i - 1], group.order[(random >> 8) % i]);
    }
}

const char *run(const uint groups[3], const uint sides[3]) {
    uint count = sides[0] * sides[1] * sides[2];
    uint simdgroups = (count + group.width - 1) / group.width;
    group.simdgroups.resize(simdgroups);
    group.stacks = static_cast<char *>(mmap(nullptr, count * STACK, PROT_READ | PROT_WRITE,
                                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    for (uint n = 0; n < groups[0] * groups[1] * groups[2]; n++) {
        metal::uint3 at(n % groups[0], n / groups[0] % groups[1], n / groups[0] / groups[1]);
        for (uint i = 0; i < count; i++) {
            metal::uint3 here(i % sides[0], i / sides[0] % sides[1], i / sides[0] / sides[1]);
            Ids &ids = group.fibers[i].ids;
            ids.thread_position_in_threadgroup = here;
            ids.threadgroup_position_in_grid = at;
            ids.threadgroups_per_grid = metal::uint3(groups[0], groups[1], groups[2]);
            ids.thread_position_in_grid = at * metal::uint3(sides[0], sides[1], sides[2]) + here;
            ids.thread_index_in_threadgroup = i;
            ids.thread_index_in_simdgroup = i % group.width;
            ids.simdgroup_index_in_threadgroup = i / group.width;
            ids.simdgroups_per_threadgroup = simdgroups;
            ids.thread_execution_width = group.width;
        }
        if (const char *why = run_group()) return why;
    }
    return nullptr;
}

// ---- jobs

struct Buffer {
    std::string file;
    size_t size;
    char *bytes;
};

// Its end is the end of a page, as far as 16 bytes of alignment let it be.
Buffer read_buffer(const std::string &file) {
    Buffer buffer = {file, 0, nullptr};
    FILE *in = fopen(file.c_str(), "rb");
    if (in == nullptr) exit(2);
    fseek(in, 0, SEEK_END);
    buffer.size = ftell(in);
    rewind(in);
    size_t page = sysconf(_SC_PAGESIZE), pages = (buffer.size + page - 1) / page * page;
    char *all = static_cast<char *>(mmap(nullptr, pages + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(all + pages, page, PROT_NONE);
    buffer.bytes = all + pages - (buffer.size + 15) / 16 * 16;
    if (fread(buffer.bytes, 1, buffer.size, in) != buffer.size) exit(2);
    fclose(in);
    return buffer;
}

const char *run_job(const std::string &line) {
    std::istringstream words(line);
    std::string name, order, file;
    uint groups[3], sides[3];
    words >> name >> order >> group.width >> groups[0] >> groups[1] >> groups[2] >> sides[0] >> sides[1] >> sides[2];
    group.entry = kernels;
    while (group.entry->name != nullptr && name != group.entry->name) group.entry++;
    if (group.entry->name == nullptr) return "no such kernel";
    std::vector<Buffer> buffers;
    std::vector<void *> pointers;
    while (words >> file) {
        buffers.push_back(read_buffer(file));
        pointers.push_back(buffers.back().bytes);
    }
    group.buffers = pointers.data();
    group.fibers.resize(sides[0] * sides[1] * sides[2]);
    set_order(order);
    const char *why = run(groups, sides);
    for (const Buffer &buffer : buffers) {
        FILE *out = fopen(buffer.file.c_str(), "wb");
        if (out == nullptr || fwrite(buffer.bytes, 1, buffer.size, out) != buffer.size || fclose(out) != 0) exit(2);
    }
    return why;
}

} // namespace

void meet_threadgroup() { wait(AT_BARRIER); }

char *meet_simdgroup(const void *give, size_t size) {
    const Ids &ids = current().ids;
    Simdgroup &simdgroup = group.simdgroups[ids.simdgroup_index_in_threadgroup];
    if (size > VALUE) abort();
    if (size > 0) memcpy(simdgroup.given + size * ids.thread_index_in_simdgroup, give, size);
    wait(IN_SIMDGROUP);
    return simdgroup.given;
}

bool is_active(uint lane) { return group.simdgroups[current().ids.simdgroup_index_in_threadgroup].active[lane]; }

void leave_simdgroup() { wait(LEAVES_SIMDGROUP); }

} // namespace msl

int main() {
    std::string line;
    while (std::getline(std::cin, line)) {
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            alarm(20);
            const char *why = msl::run_job(line);
            if (why != nullptr) printf("failed: %s\n", why);
            else printf("fine\n");
            fflush(stdout);
            _exit(0);
        }
        int status;
        if (child < 0 || waitpid(child, &status, 0) < 0) return 1;
        if (WIFSIGNALED(status)) printf("failed: %s\n", strsignal(WTERMSIG(status)));
        else if (WEXITSTATUS(status) != 0) printf("failed: exit %d\n", WEXITSTATUS(status));
    }
}
