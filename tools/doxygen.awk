# tools/doxygen.awk: what Doxygen reads instead of vitte_gpu.h, whose comments are plain ones: the comment before a
# declaration and the one behind a field become Doxygen's, and the tables of names become the enumerations they stand for.
#
#   awk -f tools/doxygen.awk runtime-min/vitte_gpu.h

# X(NAME, value, ..., "text")
function print_rows(table,    k, row, name, value, text) {
    for (k = 1; k <= count[table]; k++) {
        row = rows[table, k]
        match(row, /[A-Z][A-Z0-9_]+/)
        name = substr(row, RSTART, RLENGTH)
        match(row, /, *-?[0-9]+/)
        value = substr(row, RSTART + 1, RLENGTH - 1)
        sub(/"[^"]*$/, "", row)
        text = row
        sub(/^.*"/, "", text)
        print "    " name " =" value ", /**< " text " */"
    }
}

/^\/\* vitte_gpu\.h: / { sub(/^\/\* /, "/** @file\n * "); file_comment = 1 }
file_comment && /^ \* Rules that hold/ { print " *"; sub(/$/, "\n *") }
file_comment && /^ \*   instance ->/ { $0 = " *     " substr($0, 6) }
/\*\// { file_comment = 0 }

# ---- headings ---------- are no documentation of what follows
/^\/\* ----.*---- \*\/$/ { print ""; next }

/^#define VTG_[A-Z]+_TABLE\(X\)/ { match($0, /VTG_[A-Z]+_TABLE/); table = substr($0, RSTART, RLENGTH); next }
table != "" && /^ *X\(/ { rows[table, ++count[table]] = $0; if ($0 !~ /\\$/) table = ""; next }
table != "" && !/\\$/ { table = "" }
/^\/\* X\(/ { skip = 1 } # the comment of a table
skip { if (/\*\//) skip = 0; next }
/^#define VTG_X_/ || /^#undef VTG_X_/ || /^ *\/\/ clang-format/ { next }
/^ *VTG_[A-Z]+_TABLE\(VTG_X_\)/ { match($0, /VTG_[A-Z]+_TABLE/); print_rows(substr($0, RSTART, RLENGTH)); next }

/^\/\* / { sub(/^\/\* /, "/** ") }
/[;,] *\/\* / && !/\(/ { sub(/\/\* /, "/**< ") }
{ print }
