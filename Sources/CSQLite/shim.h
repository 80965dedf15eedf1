#pragma once
#include <sqlite3.h>

// What Swift cannot import from sqlite3.h: a variadic function and a cast to a function pointer.

/// Switches one of the connection's SQLITE_DBCONFIG_… flags.
static inline int holdfast_sqlite3_db_config_flag(sqlite3 *db, int flag, int is_on) {
  return sqlite3_db_config(db, flag, is_on, (int *)0);
}

/// SQLITE_TRANSIENT: SQLite copies what is bound.
static inline sqlite3_destructor_type holdfast_sqlite3_transient(void) { return SQLITE_TRANSIENT; }
