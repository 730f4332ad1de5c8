// What the invocations of a threadgroup do together, and how the host starts them. See device.cpp.
#pragma once

namespace msl {

struct Ids { // of the invocation that runs
    metal::uint3 thread_position_in_grid, thread_position_in_threadgroup, threadgroup_position_in_grid, threadgroups_per_grid;
    uint thread_index_in_threadgroup, thread_index_in_simdgroup, simdgroup_index_in_threadgroup, simdgroups_per_threadgroup,
        thread_execution_width;
};

// A kernel with the buffers that the host gave; `together`: it has barriers or works with its simdgroup.
struct Kernel {
    const char *name;
    void (*run)(void *const *buffers, const Ids &ids);
    bool together;
};
extern const Kernel kernels[]; // of the program; ends with a null name

extern const Ids *now;                           // of the fiber that runs
void meet_threadgroup();                         // every invocation of it comes here
char *meet_simdgroup(const void *give, size_t);  // the same of the simdgroup: what each of its lanes gave
bool is_active(uint lane);                       // whether a lane of the simdgroup came to where this one is
void leave_simdgroup();                          // until all have read it

} // namespace msl

namespace metal {

enum class mem_flags { mem_none = 0, mem_device = 1, mem_threadgroup = 2, mem_texture = 4 };
constexpr mem_flags operator|(mem_flags a, mem_flags b) { return mem_flags(int(a) | int(b)); }
inline void threadgroup_barrier(mem_flags) { msl::meet_threadgroup(); }
inline void simdgroup_barrier(mem_flags) {
    msl::meet_simdgroup(nullptr, 0);
    msl::leave_simdgroup();
}

template <class V, class R = V, class F> inline R together(V give, F read) {
    R result = read(reinterpret_cast<V *>(msl::meet_simdgroup(&give, sizeof give)), msl::now->thread_index_in_simdgroup);
    msl::leave_simdgroup();
    return result;
}
// Sums and their like take the lanes in order; Metal does not say which order that is.
template <class V, class F> inline V fold(V give, V start, uint from, uint to, F fn) {
    return together(give, [=](V *lanes, uint) {
        V result = start;
        for (uint i = from; i < to; i++) if (msl::is_active(i)) result = fn(result, lanes[i]);
        return result;
    });
}
// Without a start: the first lane that is there.
template <class V, class F> inline V fold(V give, F fn) {
    return together(give, [=](V *lanes, uint) {
        uint first = 0;
        while (!msl::is_active(first)) first++;
        V result = lanes[first];
        for (uint i = first + 1; i < msl::now->thread_execution_width; i++) if (msl::is_active(i)) result = fn(result, lanes[i]);
        return result;
    });
}
// Integers wrap.
template <class V> struct unsigned_of { using type = V; };
template <> struct unsigned_of<int> { using type = uint; };
template <> struct unsigned_of<short> { using type = uint; };
template <> struct unsigned_of<ushort> { using type = uint; };
template <int N> struct unsigned_of<vec<int, N>> { using type = vec<uint, N>; };
template <int N> struct unsigned_of<vec<short, N>> { using type = vec<uint, N>; };
template <int N> struct unsigned_of<vec<ushort, N>> { using type = vec<uint, N>; };
template <class V> constexpr V plus(V a, V b) {
    using W = typename unsigned_of<V>::type;
    return static_cast<V>(static_cast<W>(a) + static_cast<W>(b));
}
template <class V> constexpr V times(V a, V b) {
    using W = typename unsigned_of<V>::type;
    return static_cast<V>(static_cast<W>(a) * static_cast<W>(b));
}
template <class V> inline V simd_sum(V v) { return fold(v, plus<V>); }
template <class V> inline V simd_product(V v) { return fold(v, times<V>); }
template <class V> inline V simd_min(V v) { return fold(v, [](V a, V b) { return min(a, b); }); }
template <class V> inline V simd_max(V v) { return fold(v, [](V a, V b) { return max(a, b); }); }
template <class V> inline V simd_and(V v) { return fold(v, [](V a, V b) { return static_cast<V>(a & b); }); }
template <class V> inline V simd_or(V v) { return fold(v, [](V a, V b) { return static_cast<V>(a | b); }); }
template <class V> inline V simd_xor(V v) { return fold(v, [](V a, V b) { return static_cast<V>(a ^ b); }); }
#define PREFIX(name, fn, start) \
    template <class V> inline V simd_prefix_inclusive_##name(V v) { \
        return fold(v, V(start), 0, msl::now->thread_index_in_simdgroup + 1, fn<V>); \
    } \
    template <class V> inline V simd_prefix_exclusive_##name(V v) { \
        return fold(v, V(start), 0, msl::now->thread_index_in_simdgroup, fn<V>); \
    }
PREFIX(sum, plus, 0) PREFIX(product, times, 1)

// From a lane that is not there: anything.
template <class V> inline V of_lane(V v, uint lane) {
    return together(v, [=](V *lanes, uint) { return lane < msl::now->thread_execution_width ? lanes[lane] : V(77); });
}
template <class V> inline V simd_shuffle(V v, ushort lane) { return of_lane(v, lane); }
template <class V> inline V simd_broadcast(V v, ushort lane) { return of_lane(v, lane); }
template <class V> inline V simd_shuffle_xor(V v, ushort mask) { return of_lane(v, msl::now->thread_index_in_simdgroup ^ mask); }
template <class V> inline V simd_shuffle_up(V v, ushort delta) { return of_lane(v, msl::now->thread_index_in_simdgroup - delta); }
template <class V> inline V simd_shuffle_down(V v, ushort delta) { return of_lane(v, msl::now->thread_index_in_simdgroup + delta); }
template <class V> inline V simd_broadcast_first(V v) { return fold(v, [](V a, V) { return a; }); }

struct simd_vote {
    using vote_t = ulong;
    vote_t bits;
    explicit operator vote_t() const { return bits; }
};
inline simd_vote simd_ballot(bool v) {
    return {together<bool, ulong>(v, [](bool *lanes, uint) {
        ulong bits = 0;
        for (uint i = 0; i < msl::now->thread_execution_width; i++) bits |= static_cast<ulong>(msl::is_active(i) && lanes[i]) << i;
        return bits;
    })};
}
inline bool simd_any(bool v) { return simd_ballot(v).bits != 0; }
inline bool simd_all(bool v) { return simd_ballot(!v).bits == 0; }
inline bool simd_is_first() { return simd_ballot(true).bits << (63 - msl::now->thread_index_in_simdgroup) == 1ul << 63; }

} // namespace metal
