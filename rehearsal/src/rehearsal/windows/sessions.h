/* The sessions of one host of the farm, as C reads and writes them; sessions.py describes the file's form.
 * A call that would change something is also noted in the file beside it, ".calls". */
#ifndef REHEARSAL_SESSIONS_H
#define REHEARSAL_SESSIONS_H
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

typedef int32_t BOOL;
typedef uint32_t DWORD;
typedef uint16_t WCHAR; /* wchar_t has four bytes on Linux */
typedef int64_t TICKS;  /* FILETIME: 100 ns since 1601, UTC */

#define FOREVER INT64_MAX /* the session is closing and never ends */
#define ALWAYS_NOW (-4000000000000000000LL) /* the console's last input is always this moment */

typedef struct { DWORD id, state, protocol, build; TICKS logon, connect, disconnect, input, closing;
                 char *station, *domain, *user, *client, *address, *display, *odd; } Session;
typedef struct { int file; char *text; char rule[16]; long long number; Session *list; DWORD count; } Table;

static TICKS now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (t.tv_sec + 11644473600LL) * 10000000LL + t.tv_nsec / 100;
}

/* One line: nine numbers and seven texts, parted by TAB. A session whose end has come is no longer read. */
static void read_line(Table *table, char *line)
{
    Session s = {0};
    char *field[16];
    for (int i = 0; i < 16; i++)
        if (!(field[i] = strsep(&line, "\t"))) return;
    s.id = strtoul(field[0], 0, 10), s.state = strtol(field[1], 0, 10), s.protocol = strtoul(field[2], 0, 10);
    s.build = strtoul(field[3], 0, 10), s.logon = atoll(field[4]), s.connect = atoll(field[5]);
    s.disconnect = atoll(field[6]), s.input = atoll(field[7]), s.closing = atoll(field[8]);
    s.station = field[9], s.domain = field[10], s.user = field[11], s.client = field[12], s.address = field[13];
    s.display = field[14], s.odd = field[15];
    if (!s.closing || s.closing > now()) table->list[table->count++] = s;
}

static BOOL open_table(Table *table)
{
    struct stat size;
    const char *path = getenv("REHEARSAL_SESSIONS");
    memset(table, 0, sizeof *table);
    table->file = open(path ? path : "", O_RDWR | O_CLOEXEC);
    if (table->file < 0) return 0;
    if (flock(table->file, LOCK_EX) || fstat(table->file, &size)) return close(table->file), 0;
    table->text = calloc(1, size.st_size + 1);
    table->list = calloc(size.st_size / 24 + 1, sizeof(Session)); /* no line is shorter than its 15 TABs, 9 figures and LF */
    ssize_t got = pread(table->file, table->text, size.st_size, 0);
    char *rest = table->text, *line = got < 0 ? 0 : strsep(&rest, "\n");
    if (line) sscanf(line, "rule\t%15[^\t]\t%lld", table->rule, &table->number);
    while ((line = strsep(&rest, "\n"))) read_line(table, line);
    return 1;
}

static void close_table(Table *table)
{
    close(table->file); /* and the lock with it */
    free(table->list);
    free(table->text);
}

static void save(Table *table)
{
    char *text = 0;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    fprintf(out, "rule\t%s\t%lld\n", table->rule, table->number);
    for (DWORD i = 0; i < table->count; i++) {
        Session *s = &table->list[i];
        fprintf(out, "%u\t%d\t%u\t%u\t%lld\t%lld\t%lld\t%lld\t%lld\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", s->id, (int32_t)s->state,
                s->protocol, s->build, (long long)s->logon, (long long)s->connect, (long long)s->disconnect, (long long)s->input,
                (long long)s->closing, s->station, s->domain, s->user, s->client, s->address, s->display,
                s->odd);
    }
    fclose(out);
    if (pwrite(table->file, text, length, 0) < 0 || ftruncate(table->file, length)) perror("sessions");
    free(text);
}

/* What stands behind this word of `odd`, up to the next blank or the end; NULL where it is missing. */
static const char *how_odd(const Session *s, const char *key)
{
    size_t length = strlen(key);
    for (const char *word = s->odd; word && *word; word = strchr(word, ' ') ? strchr(word, ' ') + 1 : 0)
        if (!strncmp(word, key, length) && word[length] == ':') return word + length + 1;
    return 0;
}

/* A line with `after` is no session yet. */
static Session *find(Table *table, DWORD id)
{
    for (DWORD i = 0; i < table->count; i++)
        if (table->list[i].id == id && !how_odd(&table->list[i], "after")) return &table->list[i];
    return 0;
}

/* What the host says of the session after an order, NULL when it is as any other. `after` is the first word. */
static Session *find_later(Table *table, DWORD id)
{
    for (DWORD i = 0; i < table->count; i++) {
        const char *how = how_odd(&table->list[i], "after");
        if (how && strtoul(how, 0, 10) == id) return &table->list[i];
    }
    return 0;
}

static void put_hex(FILE *out, const WCHAR *text, DWORD bytes)
{
    for (DWORD i = 0; text && i < bytes / 2 && text[i]; i++) fprintf(out, "%02x%02x", text[i] & 255, text[i] >> 8);
}

/* Whose session it is, to be noted: the call may take the session away. */
typedef struct { const char *domain, *user; TICKS logon; } Owner;

static Owner owner_of(const Session *s)
{
    Owner nobody = {"", "", 0}, owner = s ? (Owner){s->domain, s->user, s->logon} : nobody;
    return owner;
}

/* Notes a call that would change something; `code` is 0 or why it was refused. Called under the table's lock. */
static void note(const char *call, DWORD id, Owner owner, int code, const WCHAR *title, DWORD title_bytes,
                 const WCHAR *body, DWORD bytes)
{
    char path[4096];
    snprintf(path, sizeof path, "%s.calls", getenv("REHEARSAL_SESSIONS"));
    FILE *out = fopen(path, "a");
    if (!out) return;
    fprintf(out, "%s\t%u\t%lld\t%d\t", call, id, (long long)now(), code);
    put_hex(out, title, title_bytes);
    fputc('\t', out);
    put_hex(out, body, bytes);
    fprintf(out, "\t%lld\t%s\t%s\n", (long long)owner.logon, owner.domain, owner.user);
    fclose(out);
}

#endif
