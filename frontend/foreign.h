/* Words of other languages: what each is in Vitte (foreign.def); NULL: none of them. */
#ifndef FRONTEND_FOREIGN_H
#define FRONTEND_FOREIGN_H

const char *foreign_type(const char *word);
const char *foreign_proc(const char *word);
const char *foreign_value(const char *word);

#endif
