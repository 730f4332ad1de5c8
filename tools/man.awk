# tools/man.awk: fills a manual page in with what the tables of the command line say, so that it cannot go stale.
#
#   awk -v version=0.1.0 -f tools/man.awk driver/options.def driver/commands.def ir/base/warnings.def \
#       driver/targets.def man/vittec-gpu.1.in
#
# The last file is the page; in it a line `@OPTIONS C K@` becomes the options of these subcommands (the letters of
# options.def), `@COMMANDS@` the subcommands, `@TARGETS@` the targets,
# `@WARNINGS@` the warnings, and @VERSION@ the version.

# The strings of a row, without the quotes, into `strings`; gives their number. NULL counts as "".
function read_strings(row, strings,    count, text, c, k, inside) {
    count = inside = 0
    for (k = 1; k <= length(row); k++) {
        c = substr(row, k, 1)
        if (!inside && c == "\"") { inside = 1; text = "" }
        else if (!inside && substr(row, k, 4) == "NULL") { strings[++count] = ""; k += 3 }
        else if (inside && c == "\\") { k++; text = text substr(row, k, 1) }
        else if (inside && c == "\"") { inside = 0; strings[++count] = text }
        else if (inside) text = text c
    }
    return count
}

function escaped(text) {
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    gsub(/…/, "...", text)
    gsub(/`/, "\"", text) # `names` stand in quotes
    return text ~ /^[.']/ ? "\\&" text : text
}

# As the user types it, like --help.
function spelling(kind, name, argument,    between) {
    if (argument == "") return "\\fB" escaped(name) "\\fR"
    if (kind == "WARN_ERROR") return "\\fB" escaped(name) "\\fR[=\\fI" escaped(argument) "\\fR]"
    between = substr(name, 2, 1) == "-" ? "=" : name ~ /-$/ || kind == "CHOICE" ? "" : " "
    return "\\fB" escaped(name) "\\fR" between "\\fI" escaped(argument) "\\fR"
}

function print_options(letters,    k, group) {
    for (k = 1; k <= rows; k++) {
        if (kinds[k] == "GROUP") { group = names[k]; continue }
        if (("|" commands[k] "|") !~ ("[|](" letters "|ALL)[|]")) continue
        if (group != "") { print ".SS " escaped(group); group = "" }
        print ".TP\n" spelling(kinds[k], names[k], arguments[k])
        print escaped(helps[k]) (kinds[k] == "LATER" ? " (not built yet)" : "") "."
    }
}

function print_commands(    k) {
    for (k = 1; k <= command_rows; k++) {
        print ".TP\n\\fBvittec\\-gpu " command_names[k] "\\fR" (command_arguments[k] != "" ? " " escaped(command_arguments[k]) : "")
        print escaped(command_texts[k]) "."
    }
}

function print_targets(    k) {
    for (k = 1; k <= target_rows; k++) {
        print ".TP\n\\fB" escaped(target_names[k]) "\\fR" (target_aliases[k] != "" ? ", \\fB" escaped(target_aliases[k]) "\\fR" : "")
        print escaped("`" target_endings[k] "`: " target_texts[k]) "."
    }
}

function print_warnings(    k) {
    for (k = 1; k <= warning_rows; k++)
        print "\\fB" warning_names[k] "\\fR" (warning_on[k] ? "" : " (off by default)") (k < warning_rows ? "," : ".")
}

FNR == 1 { file++ }

file == 1 && /^GROUP\(/ { kinds[++rows] = "GROUP"; read_strings($0, s); names[rows] = s[1]; next }
file == 1 && /^OPTION\(/ {
    split($0, field, /[(,]/)
    kinds[++rows] = field[2]
    count = read_strings($0, s)
    names[rows] = s[1]; arguments[rows] = s[2]; helps[rows] = s[count]
    # between the argument and the help stand the field and the subcommands
    middle = $0
    sub(/,[ ]*"([^"\\]|\\.)*"\)[ ]*$/, "", middle)
    sub(/^.*,/, "", middle)
    gsub(/ /, "", middle)
    commands[rows] = middle
    next
}
file == 2 && /^COMMAND\(/ {
    split($0, field, /[(,] */)
    command_names[++command_rows] = field[3]
    count = read_strings($0, s)
    command_arguments[command_rows] = s[1]; command_texts[command_rows] = s[2]
    next
}
file == 3 && /^WARNING\(/ {
    read_strings($0, s)
    warning_names[++warning_rows] = s[1]; warning_on[warning_rows] = /true\)$/
    next
}
file == 4 && /^TARGET\(/ {
    count = read_strings($0, s)
    target_names[++target_rows] = s[1]; target_aliases[target_rows] = s[2]; target_endings[target_rows] = s[3]
    target_texts[target_rows] = s[count] ($0 ~ /, LATER,/ ? " (not built yet)" : "")
    next
}
file < 5 { next }
/^@OPTIONS / { gsub(/@OPTIONS |@/, ""); gsub(/ /, "|"); print_options($0); next }
/^@COMMANDS@/ { print_commands(); next }
/^@TARGETS@/ { print_targets(); next }
/^@WARNINGS@/ { print_warnings(); next }
{ gsub(/@VERSION@/, version); print }
