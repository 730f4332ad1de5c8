/* The subcommands as functions, and the program as one. */
#ifndef DRIVER_COMMANDS_H
#define DRIVER_COMMANDS_H

#include "driver/options.h"

#define COMMAND(ID, name, arguments, what) Status command_##name(const Options *options);
#include "driver/commands.def"
#undef COMMAND

/* The whole program but for the process itself; gives the exit status. */
int vittec_main(int argc, char *const *argv);

#endif
