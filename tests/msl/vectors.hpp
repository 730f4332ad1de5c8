// Vectors and matrices of the Metal Shading Language: as strict as there about types. See metal.hpp.
#pragma once

namespace metal {

template <class A, class B> struct same { static constexpr bool value = false; };
template <class A> struct same<A, A> { static constexpr bool value = true; };
template <class T, class... U> constexpr bool one_of = (same<T, U>::value || ...);
template <class T>
concept Scalar = one_of<T, bool, char, uchar, short, ushort, int, uint, long, ulong, half, float>;

template <Scalar T, int N> struct vec;
template <Scalar T, int N> struct packed_vec;

// What a constructor is given: scalars and vectors, one lane after another.
template <class A> struct lanes_of { static constexpr int count = 1; };
template <class T, int N> struct lanes_of<vec<T, N>> { static constexpr int count = N; };
template <class T, int N> struct lanes_of<packed_vec<T, N>> { static constexpr int count = N; };

template <class T, int N> struct storage;
template <class T> struct alignas(2 * sizeof(T)) storage<T, 2> {
    union { T at[2]; struct { T x, y; }; };
};
template <class T> struct alignas(4 * sizeof(T)) storage<T, 3> {
    union { T at[3]; struct { T x, y, z; }; };
};
template <class T> struct alignas(4 * sizeof(T)) storage<T, 4> {
    union { T at[4]; struct { T x, y, z, w; }; };
};

// v.zyx and its like: properties, so that each is a function that exists where it is used
#define SWIZZLE2(a, b) \
    vec<T, 2> get_##a##b() const { return vec<T, 2>(this->a, this->b); } \
    __declspec(property(get = get_##a##b)) vec<T, 2> a##b;
#define SWIZZLE3(a, b, c) \
    vec<T, 3> get_##a##b##c() const { return vec<T, 3>(this->a, this->b, this->c); } \
    __declspec(property(get = get_##a##b##c)) vec<T, 3> a##b##c;
#define SWIZZLE4(a, b, c, d) \
    vec<T, 4> get_##a##b##c##d() const { return vec<T, 4>(this->a, this->b, this->c, this->d); } \
    __declspec(property(get = get_##a##b##c##d)) vec<T, 4> a##b##c##d;
#define TWO(a) SWIZZLE2(a, x) SWIZZLE2(a, y) SWIZZLE2(a, z) SWIZZLE2(a, w)
#define THREE(a, b) SWIZZLE3(a, b, x) SWIZZLE3(a, b, y) SWIZZLE3(a, b, z) SWIZZLE3(a, b, w)
#define FOUR(a, b, c) SWIZZLE4(a, b, c, x) SWIZZLE4(a, b, c, y) SWIZZLE4(a, b, c, z) SWIZZLE4(a, b, c, w)
#define THREES(a) THREE(a, x) THREE(a, y) THREE(a, z) THREE(a, w)
#define FOURS(a, b) FOUR(a, b, x) FOUR(a, b, y) FOUR(a, b, z) FOUR(a, b, w)
#define FOURSES(a) FOURS(a, x) FOURS(a, y) FOURS(a, z) FOURS(a, w)

template <Scalar T, int N> struct vec : storage<T, N> {
    constexpr vec() = default;
    template <Scalar S> constexpr vec(S s) { // a scalar becomes a vector by itself, as there
        for (int i = 0; i < N; i++) this->at[i] = static_cast<T>(s);
    }
    template <Scalar S>
        requires(!same<S, T>::value)
    explicit constexpr vec(const vec<S, N> &v) {
        for (int i = 0; i < N; i++) this->at[i] = static_cast<T>(v.at[i]);
    }
    constexpr vec(const packed_vec<T, N> &v) {
        for (int i = 0; i < N; i++) this->at[i] = v.at[i];
    }
    template <class A, class B, class... C>
        requires((lanes_of<A>::count + lanes_of<B>::count + (0 + ... + lanes_of<C>::count)) == N)
    constexpr vec(A a, B b, C... c) {
        int i = 0;
        put(i, a), put(i, b), (put(i, c), ...);
    }
    constexpr T &operator[](int i) { return this->at[i]; }
    constexpr const T &operator[](int i) const { return this->at[i]; }

    TWO(x) TWO(y) TWO(z) TWO(w)
    THREES(x) THREES(y) THREES(z) THREES(w)
    FOURSES(x) FOURSES(y) FOURSES(z) FOURSES(w)

private:
    template <Scalar S> constexpr void put(int &i, S s) { this->at[i++] = static_cast<T>(s); }
    template <class S, int M> constexpr void put(int &i, const vec<S, M> &v) {
        for (int k = 0; k < M; k++) this->at[i++] = static_cast<T>(v.at[k]);
    }
    template <class S, int M> constexpr void put(int &i, const packed_vec<S, M> &v) {
        for (int k = 0; k < M; k++) this->at[i++] = static_cast<T>(v.at[k]);
    }
};

// In memory without padding.
template <Scalar T, int N> struct packed_vec {
    T at[N];
    packed_vec() = default;
    packed_vec(const vec<T, N> &v) { for (int i = 0; i < N; i++) at[i] = v.at[i]; }
    T &operator[](int i) { return at[i]; }
    const T &operator[](int i) const { return at[i]; }
    T &get_x() { return at[0]; }
    T &get_y() { return at[1]; }
    T &get_z() { return at[2]; }
    void set_x(T v) { at[0] = v; }
    void set_y(T v) { at[1] = v; }
    void set_z(T v) { at[2] = v; }
    __declspec(property(get = get_x, put = set_x)) T x;
    __declspec(property(get = get_y, put = set_y)) T y;
    __declspec(property(get = get_z, put = set_z)) T z;
};

// Operators: of two vectors of one type, or of a vector and a scalar. Lanes narrower than int are cut back to their width.
#define BINARY(op) \
    template <class T, int N> constexpr vec<T, N> operator op(const vec<T, N> &a, const vec<T, N> &b) { \
        vec<T, N> r; \
        for (int i = 0; i < N; i++) r.at[i] = static_cast<T>(a.at[i] op b.at[i]); \
        return r; \
    } \
    template <class T, int N, Scalar S> constexpr vec<T, N> operator op(const vec<T, N> &a, S b) { return a op vec<T, N>(b); } \
    template <class T, int N, Scalar S> constexpr vec<T, N> operator op(S a, const vec<T, N> &b) { return vec<T, N>(a) op b; } \
    template <class T, int N, class B> constexpr vec<T, N> &operator op##=(vec<T, N> &a, const B &b) { return a = a op b; }
BINARY(+) BINARY(-) BINARY(*) BINARY(/) BINARY(%) BINARY(&) BINARY(|) BINARY(^) BINARY(<<) BINARY(>>)
#define COMPARE(op) \
    template <class T, int N> constexpr vec<bool, N> operator op(const vec<T, N> &a, const vec<T, N> &b) { \
        vec<bool, N> r; \
        for (int i = 0; i < N; i++) r.at[i] = a.at[i] op b.at[i]; \
        return r; \
    } \
    template <class T, int N, Scalar S> constexpr vec<bool, N> operator op(const vec<T, N> &a, S b) { return a op vec<T, N>(b); } \
    template <class T, int N, Scalar S> constexpr vec<bool, N> operator op(S a, const vec<T, N> &b) { return vec<T, N>(a) op b; }
COMPARE(==) COMPARE(!=) COMPARE(<) COMPARE(<=) COMPARE(>) COMPARE(>=) COMPARE(&&) COMPARE(||)
#define UNARY(op, R) \
    template <class T, int N> constexpr vec<R, N> operator op(const vec<T, N> &a) { \
        vec<R, N> r; \
        for (int i = 0; i < N; i++) r.at[i] = static_cast<R>(op a.at[i]); \
        return r; \
    }
UNARY(-, T) UNARY(~, T) UNARY(!, bool)

// Columns. Only the templates of SPIRV-Cross for `#[precise]` name it.
template <Scalar T, int Columns, int Rows> struct matrix {
    vec<T, Rows> columns[Columns];
    vec<T, Rows> &operator[](int i) { return columns[i]; }
    const vec<T, Rows> &operator[](int i) const { return columns[i]; }
};

#define NAMES(T) \
    using T##2 = vec<T, 2>; using T##3 = vec<T, 3>; using T##4 = vec<T, 4>; \
    using packed_##T##2 = packed_vec<T, 2>; using packed_##T##3 = packed_vec<T, 3>; using packed_##T##4 = packed_vec<T, 4>;
NAMES(bool) NAMES(char) NAMES(uchar) NAMES(short) NAMES(ushort) NAMES(int) NAMES(uint) NAMES(long) NAMES(ulong)
NAMES(half) NAMES(float)

// fn(lane, …) of scalars, or lane by lane of vectors of one type.
template <Scalar R, class F, Scalar A, class... B> constexpr R each(F fn, A a, B... b) { return static_cast<R>(fn(a, b...)); }
template <Scalar R, class F, class T, int N, class... B> constexpr vec<R, N> each(F fn, const vec<T, N> &a, const B &...b) {
    vec<R, N> r;
    for (int i = 0; i < N; i++) r.at[i] = static_cast<R>(fn(a.at[i], b.at[i]...));
    return r;
}
template <class V> struct lane_of { using type = V; };
template <class T, int N> struct lane_of<vec<T, N>> { using type = T; };
template <class V> using lane = typename lane_of<V>::type;

} // namespace metal
