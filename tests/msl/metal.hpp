// The Metal Shading Language for clang++ on a CPU: what the text of this compiler uses of it.
//
// A kernel is a function, an address space nothing. What invocations do together is in device.hpp. Nothing of Apple is needed,
// and nothing here says that Apple's compiler takes the text: types are checked, address spaces are not.
#pragma once

using uchar = unsigned char;
using ushort = unsigned short;
using uint = unsigned int;
using ulong = unsigned long;
using size_t = decltype(sizeof 0);
using half = _Float16;

#define kernel
#define thread
#define device
#define threadgroup
#define constant const
#define volatile // one thread runs all invocations
#define is_function_constant_defined(name) name##_is_set

#include "vectors.hpp"

namespace metal {

// ---- numbers

#define OF_FLOATS(name, expression) \
    template <class V> constexpr V name(V v) { return each<lane<V>>([](float x) { return expression; }, v); }
OF_FLOATS(floor, __builtin_floorf(x)) OF_FLOATS(ceil, __builtin_ceilf(x)) OF_FLOATS(trunc, __builtin_truncf(x))
OF_FLOATS(rint, __builtin_rintf(x)) OF_FLOATS(sqrt, __builtin_sqrtf(x)) OF_FLOATS(rsqrt, 1.0 / __builtin_sqrt(x))
OF_FLOATS(exp, __builtin_expf(x)) OF_FLOATS(exp2, __builtin_exp2f(x)) OF_FLOATS(log, __builtin_logf(x))
OF_FLOATS(log2, __builtin_log2f(x)) OF_FLOATS(sin, __builtin_sinf(x)) OF_FLOATS(cos, __builtin_cosf(x))
OF_FLOATS(tan, __builtin_tanf(x)) OF_FLOATS(asin, __builtin_asinf(x)) OF_FLOATS(acos, __builtin_acosf(x))
OF_FLOATS(atan, __builtin_atanf(x)) OF_FLOATS(sinh, __builtin_sinhf(x)) OF_FLOATS(cosh, __builtin_coshf(x))
OF_FLOATS(tanh, __builtin_tanhf(x)) OF_FLOATS(fabs, __builtin_fabsf(x))

#define OF_TWO_FLOATS(name, fn) \
    template <class V> constexpr V name(V a, V b) { return each<lane<V>>([](float x, float y) { return fn(x, y); }, a, b); }
OF_TWO_FLOATS(pow, __builtin_powf) OF_TWO_FLOATS(powr, __builtin_powf) OF_TWO_FLOATS(atan2, __builtin_atan2f)
OF_TWO_FLOATS(fmod, __builtin_fmodf)

template <class V> constexpr V fma(V a, V b, V c) {
    return each<lane<V>>([](auto x, auto y, auto z) { return __builtin_elementwise_fma(x, y, z); }, a, b, c);
}
template <class V> constexpr V abs(V v) {
    return each<lane<V>>([](auto x) -> decltype(x) {
        if constexpr (one_of<decltype(x), half, float>) return __builtin_fabsf(x);
        else return x < 0 ? 0u - static_cast<ulong>(x) : x;
    }, v);
}
// With a NaN either of the two: here the other one.
template <class V> constexpr V min(V a, V b) {
    return each<lane<V>>([](auto x, auto y) { return y < x || x != x ? y : x; }, a, b);
}
template <class V> constexpr V max(V a, V b) {
    return each<lane<V>>([](auto x, auto y) { return y > x || x != x ? y : x; }, a, b);
}
template <class V> constexpr V clamp(V v, V low, V high) { return min(max(v, low), high); }
#define BOTH \
    using metal::acos; using metal::asin; using metal::atan; using metal::atan2; using metal::ceil; using metal::clamp; \
    using metal::cos; using metal::cosh; using metal::exp; using metal::exp2; using metal::fabs; using metal::floor; \
    using metal::fmod; using metal::log; using metal::log2; using metal::max; using metal::min; using metal::pow; \
    using metal::powr; using metal::rint; using metal::rsqrt; using metal::sin; using metal::sinh; using metal::sqrt; \
    using metal::tan; using metal::tanh; using metal::trunc;
namespace fast { BOTH }
namespace precise { BOTH }

template <class T, int N> constexpr T dot(const vec<T, N> &a, const vec<T, N> &b) {
    T sum = a.at[0] * b.at[0];
    for (int i = 1; i < N; i++) sum += a.at[i] * b.at[i];
    return sum;
}
template <class V> constexpr auto isnan(V v) { return each<bool>([](auto x) { return x != x; }, v); }
template <class V> constexpr auto isinf(V v) { return each<bool>([](auto x) { return __builtin_isinf(x); }, v); }

// ---- choices

template <Scalar T> constexpr T select(T if_not, T if_so, bool choice) { return choice ? if_so : if_not; }
template <class T, int N> constexpr vec<T, N> select(const vec<T, N> &if_not, const vec<T, N> &if_so, const vec<bool, N> &choice) {
    return each<T>([](T a, T b, bool c) { return c ? b : a; }, if_not, if_so, choice);
}
template <int N> constexpr bool all(const vec<bool, N> &v) {
    for (int i = 0; i < N; i++) if (!v.at[i]) return false;
    return true;
}
template <int N> constexpr bool any(const vec<bool, N> &v) {
    for (int i = 0; i < N; i++) if (v.at[i]) return true;
    return false;
}

// ---- bits

template <class To, class From> inline To as_type(From from) {
    static_assert(sizeof(To) == sizeof(From) && (lanes_of<To>::count == 3) == (lanes_of<From>::count == 3));
    To to;
    __builtin_memcpy(&to, &from, sizeof to);
    return to;
}
template <class T> constexpr uint width = 8 * sizeof(T);
template <class T> constexpr ulong plain(T x) { return static_cast<ulong>(x) & (~0ul >> (64 - width<T>)); }
template <class V> constexpr V popcount(V v) { return each<lane<V>>([](auto x) { return __builtin_popcountl(plain(x)); }, v); }
template <class V> constexpr V clz(V v) {
    return each<lane<V>>([](auto x) { return plain(x) == 0 ? width<decltype(x)> : __builtin_clzl(plain(x)) + width<decltype(x)> - 64; }, v);
}
template <class V> constexpr V ctz(V v) {
    return each<lane<V>>([](auto x) { return plain(x) == 0 ? width<decltype(x)> : __builtin_ctzl(plain(x)); }, v);
}
template <class V> constexpr V reverse_bits(V v) {
    return each<lane<V>>([](auto x) { return __builtin_bitreverse64(plain(x)) >> (64 - width<decltype(x)>); }, v);
}
// Undefined where offset + bits are more than the width: the compiler takes care.
template <class V> constexpr V extract_bits(V v, uint offset, uint bits) {
    return each<lane<V>>([=](auto x) -> decltype(x) {
        using T = decltype(x);
        if (offset + bits > width<T>) __builtin_trap();
        if (bits == 0) return 0;
        T left = static_cast<T>(plain(x) << (width<T> - offset - bits));
        return static_cast<T>(left >> (width<T> - bits));
    }, v);
}
template <class V> constexpr V insert_bits(V base, V insert, uint offset, uint bits) {
    return each<lane<V>>([=](auto x, auto y) -> decltype(x) {
        using T = decltype(x);
        if (offset + bits > width<T>) __builtin_trap();
        ulong mask = bits == 64 ? ~0ul : ((1ul << bits) - 1) << offset;
        return static_cast<T>((plain(x) & ~mask) | (plain(y) << (offset % 64) & mask));
    }, base, insert);
}

// ---- atomics: types of their own, so that a plain pointer is an error. One thread runs all invocations.

enum memory_order { memory_order_relaxed };
template <class T> struct _atomic { T value; };
using atomic_int = _atomic<int>;
using atomic_uint = _atomic<uint>;

template <class T> inline T atomic_load_explicit(const _atomic<T> *p, memory_order) { return p->value; }
template <class T> inline void atomic_store_explicit(_atomic<T> *p, T x, memory_order) { p->value = x; }
#define ATOMIC(name, expression) \
    template <class T> inline T atomic_##name##_explicit(_atomic<T> *p, T x, memory_order) { \
        T old = p->value; \
        p->value = expression; \
        return old; \
    }
ATOMIC(exchange, x) ATOMIC(fetch_and, old & x) ATOMIC(fetch_or, old | x) ATOMIC(fetch_xor, old ^ x)
ATOMIC(fetch_min, old < x ? old : x) ATOMIC(fetch_max, old > x ? old : x)
ATOMIC(fetch_add, static_cast<T>(static_cast<uint>(old) + static_cast<uint>(x)))
ATOMIC(fetch_sub, static_cast<T>(static_cast<uint>(old) - static_cast<uint>(x)))
// Fails now and then without a reason, as it may there.
template <class T> inline bool atomic_compare_exchange_weak_explicit(_atomic<T> *p, T *expected, T wanted, memory_order, memory_order) {
    static uint calls;
    bool fine = p->value == *expected && ++calls % 5 != 0;
    if (fine) p->value = wanted;
    else *expected = p->value;
    return fine;
}

} // namespace metal

// What SPIRV-Cross has an array in a struct be; its own text (which tells address spaces apart) is left out by the tests.
template <class T, size_t N> struct spvUnsafeArray {
    T elements[N ? N : 1];
    T &operator[](size_t i) { return elements[i]; }
    constexpr const T &operator[](size_t i) const { return elements[i]; }
};

#include "device.hpp"
