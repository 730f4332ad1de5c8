struct P_wide {
    a: f32,
    b: array<u32, 3>,
    m: array<vec2<f32>, 2>,
    k: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;

fn choose(p: P_wide, n: u32) -> P_wide {
    var q_b: array<u32, 3>;
    q_b = p.b;
    let q_m = p.m;
    let q_k = p.k;
    var v: u32;
    var v_1: u32;
    var v_2: u32;
    var v_3: vec2<f32>;
    var v_4: vec2<f32>;
    var q_a = p.a;
    loop {
        let v_5 = n % 3u;
        let v_6 = q_b[v_5];
        if (v_6 > 100u) {
            let v_7 = q_b;
            v = v_7[0];
            v_1 = v_7[1];
            v_2 = v_7[2];
            v_3 = q_m[0];
            v_4 = q_m[1];
            break;
        }
        q_b[v_5] = v_6 + (q_k + 1u);
        continuing {
            q_a = q_a * 1.5;
        }
    }
    let v_8 = P_wide(q_a, array<u32, 3>(v, v_1, v_2), array<vec2<f32>, 2>(v_3, v_4), q_k);
    return v_8;
}

fn side(x: f32) -> f32 {
    var v: f32;
    if (x > 1.0) {
        v = x * 2.0;
    } else {
        let v_1 = helper(x);
        v = v_1 + 1.0;
    }
    return v;
}

fn helper(x: f32) -> f32 {
    var v: bool;
    var v_1: f32;
    var n = 0u;
    loop {
        if (n >= 10u) {
            v = false;
            v_1 = 0.0;
            break;
        }
        let v_2 = f32(n);
        if (v_2 > x) {
            v = true;
            v_1 = v_2;
            break;
        }
        continuing {
            n = n + 1u;
        }
    }
    return select(3.0, v_1, v);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) global_id: vec3<u32>) {
    let i = global_id.x;
    var x_value = 0.0;
    if (i < arrayLength(&x)) {
        x_value = x[i];
    }
    let v = P_wide(x_value, array<u32, 3>(1u, 2u, 3u), array<vec2<f32>, 2>(vec2<f32>(1.0, 2.0), vec2<f32>(3.0, 4.0)), 7u);
    let p = choose(v, i);
    let v_1 = side(x_value);
    if (i < arrayLength(&out)) {
        out[i] = p.a + f32(p.b[1]) + v_1 + p.m[1].x;
    }
}
