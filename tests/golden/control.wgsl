struct Values {
    x: i32,
}

@group(0) @binding(0) var<storage, read> a: array<i32>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4<i32>>;
@group(0) @binding(2) var<uniform> values: Values;

@compute @workgroup_size(64)
fn control(@builtin(global_invocation_id) global_id: vec3<u32>) {
    let i = global_id.x;
    var sum: i32;
    var n = -3i;
    var v = values.x < -3i;
    var sum_1 = 0i;
    loop {
        var sum_2: i32;
        if (v) {
            sum = sum_1;
            break;
        }
        if (n == 0i) {
            sum_2 = sum_1;
            continue;
        }
        var v_1: i32;
        if (n < 0i) {
            v_1 = -n;
        } else {
            let v_2 = values.x == 0i;
            let v_3 = n / select(values.x, 1i, v_2 || (n == i32(-2147483648) && values.x == -1i));
            v_1 = select(v_3, 0i, v_2);
        }
        let sum_3 = sum_1 + v_1;
        if (sum_3 > 100i) {
            sum = sum_3;
            break;
        }
        sum_2 = sum_3;
        continuing {
            v = bitcast<u32>(values.x - n) < 2u;
            n = n + 2i;
            sum_1 = sum_2;
        }
    }
    let a_len = arrayLength(&a);
    var v_4: bool;
    var v_5: u32;
    var n_1 = 0u;
    loop {
        if (n_1 >= a_len) {
            v_4 = false;
            v_5 = 0u;
            break;
        }
        if (a[n_1] == values.x) {
            v_4 = true;
            v_5 = n_1;
            break;
        }
        continuing {
            n_1 = n_1 + 1u;
        }
    }
    if (i < arrayLength(&out)) {
        out[i].x = sum;
        out[i].w = i32(select(4294967295u, v_5, v_4));
    }
}
