"""What random programs must be made of: a part of the language, how it looks, and in how many of 200 programs it is at least."""
FEATURES = [
    # types
    ("forms", r"^form P\d+ \{", 120), ("generic forms", r"^form [LD]\d\[", 50), ("form literals", r"\(P\d \{ ", 40),
    ("arrays in arrays or forms", r"(: |\[)\[[^;\]]+; \d\][;,} ]", 100), ("array literals", r"= \[[^;]+, ", 30),
    ("matrices", r"f(16|32|64)x\dx\d", 150), ("determinants", r"determinant\(", 10), ("transposed matrices", r"transpose\(", 10),
    ("matrix products", r"exact_f\d\dx\dx\d\(", 30), ("i8 and u8", r"\b[iu]8\b", 30), ("i16 and u16", r"\b[iu]16\b", 30),
    ("i64 and u64", r"\b[iu]64\b", 50), ("f16", r"\bf16", 15), ("f64", r"\bf64", 15), ("vectors", r"\w\dx[234]\b", 190),
    ("swizzles", r"\.[xyzw]{2,4}\b", 120), ("swizzles that are written", r"\.[xyzwrgba]{2,4} = ", 60), ("swizzles by colour", r"\.[rgba]{2,4}\b", 30),
    # declarations
    ("generic procs", r"^proc \w+\[", 150), ("places as parameters", r"&mut \w+[,)]|: &mut ", 80), ("noinline", r"#\[noinline\]", 40),
    ("precise", r"#\[precise\]", 20), ("constants by procs", r"^const C\d+ = proc", 50), ("tables", r"^const TABLE", 50),
    ("specialization constants", r"#\[spec\(", 100), ("workgroups by constants", r"workgroup\(BLOCK\)", 10), ("local constants", r"^ +const n", 30),
    ("buffers as arguments", r"proc_\d+\(.*Buffer<", 50),
    # statements
    ("if", r"^ +if .*\{$", 120), ("elif", r"\belif\b", 100), ("match", r"^ +match ", 100), ("ranges of match", r"case .*\d\.\.", 60),
    ("constants of match", r"case .*LIMIT", 5), ("for", r"^ +(#\[.*\] )?for ", 120), ("for with step", r" step ", 40), ("while", r"^ +while ", 45), ("loop", r"^ +loop \{", 45),
    ("break", r"\bbreak;", 60), ("continue", r"\bcontinue;", 15), ("early give", r"^ +if .*\{ give\b", 60), ("unroll", r"#\[unroll", 60),
    ("blocks", r"^ +\{$", 20), ("op=", r" [-+*/%&|^]= ", 100), ("shift and assign", r" (<<|>>)= ", 60), ("set", r"^ +set ", 30),
    ("print", r"^ +print\(", 8), ("assert", r"^ +assert\(", 8),
    # expressions
    ("choices", r" \? ", 100), ("if-expressions", r"\(if ", 120), ("statements in expressions", r"\{ let ", 40), ("and, or", r" (and|or|&&) ", 80),
    ("bits", r"(popcount|clz|ctz|reverse_bits|extract_bits|insert_bits)\(", 100), ("packing", r"pack_|dot4_", 20), ("conversions", r" as [iuf]\d", 150),
    ("bitcast", r"bitcast<", 80), ("far outside of buffers", r"\[(0x80000000|0xffffffff|-1|\(0 - 1\))\]", 100),
    # groups
    ("barriers", r"\bbarrier\(\);", 80), ("shared memory", r"\bshared ", 80), ("shared forms or arrays", r"shared \w+: \[(P|L|D|\[)", 20), ("uninitialized", r"#\[uninitialized\] shared", 25),
    ("barriers in loops", r"^        barrier\(\);", 40), ("sums by halves", r"width\d+ /= 2", 8), ("atomics", r"\]\.(add|sub|min|max|and|or|xor)\(", 80),
    ("atomics in shared memory", r"shared \w+: (\[?Atomic|Tally)", 50), ("own atomics", r"\[32 \+ me\]\.", 15), ("compare_exchange", r"compare_exchange", 10),
    ("subgroups", r"subgroup_", 40), ("subgroup sums", r"subgroup_elect\(\) \{", 8), ("workgroups of several axes", r"workgroup\(\d, \d", 30),
]
