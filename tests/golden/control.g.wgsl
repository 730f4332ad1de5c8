struct Values {
    x: i32,
}

@group(0) @binding(0) var<storage, read> a: array<i32>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4<i32>>;
@group(0) @binding(2) var<uniform> values: Values;

@compute @workgroup_size(64)
fn control(@builtin(global_invocation_id) global_id: vec3<u32>) {
    // tests/golden/control.vt:11
    let out_len = arrayLength(&out);
    let i = global_id.x;
    // tests/golden/control.vt:12
    var sum = 0i;
    // tests/golden/control.vt:13
    var n = -3i;
    var v = !(-3i <= values.x && 2i > 0i);
    loop {
        if (v) {
            break;
        }
        // tests/golden/control.vt:14
        if (n == 0i) {
            // tests/golden/control.vt:15
            continue;
        }
        // tests/golden/control.vt:17
        var v_1: i32;
        if (n < 0i) {
            v_1 = -n;
        } else {
            let v_2 = values.x == 0i;
            let v_3 = n / select(values.x, 1i, v_2 || (n == i32(-2147483648) && values.x == -1i));
            v_1 = select(v_3, 0i, v_2);
        }
        sum = sum + v_1;
        // tests/golden/control.vt:18
        if (sum > 100i) {
            // tests/golden/control.vt:19
            break;
        }
        // tests/golden/control.vt:18
        continuing {
            // tests/golden/control.vt:13
            let v_4 = 2i;
            v = bitcast<u32>(values.x - n) < bitcast<u32>(v_4);
            n = n + 2i;
        }
    }
    // tests/golden/control.vt:3
    let a_len = arrayLength(&a);
    let v_5 = sum;
    var v_6: bool;
    var v_7: u32;
    var n_1 = 0u;
    loop {
        if (n_1 >= a_len) {
            v_6 = false;
            v_7 = 0u;
            break;
        }
        // tests/golden/control.vt:4
        if (a[n_1] == values.x) {
            // tests/golden/control.vt:5
            v_6 = true;
            v_7 = n_1;
            break;
        }
        // tests/golden/control.vt:4
        continuing {
            // tests/golden/control.vt:3
            n_1 = n_1 + 1u;
        }
    }
    var v_8 = 4294967295u;
    if (v_6) {
        v_8 = v_7;
    }
    // tests/golden/control.vt:22
    let v_9 = vec2<i32>(v_5, i32(v_8));
    if (i < out_len) {
        out[i].x = v_9.x;
    }
    if (i < out_len) {
        out[i].w = v_9.y;
    }
}
