/* Times of single system calls, in nanoseconds: one number a line.
 *   costs exec PROGRAM COUNT    start PROGRAM and wait for it
 *   costs open FILE COUNT       open FILE and close it
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000L + t.tv_nsec;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    long count = atol(argv[3]);
    long *took = calloc(count, sizeof *took);
    char *arguments[] = {argv[2], NULL};
    char *environment[] = {NULL};
    for (long i = 0; i < count; i++) {
        long start = now();
        if (!strcmp(argv[1], "open")) {
            int fd = open(argv[2], O_RDONLY);
            if (fd < 0)
                return 1;
            took[i] = now() - start;
            close(fd);
            continue;
        }
        pid_t pid = vfork();
        if (pid == 0) {
            execve(argv[2], arguments, environment);
            _exit(127);
        }
        int status;
        if (waitpid(pid, &status, 0) != pid || status != 0)
            return 1;
        took[i] = now() - start;
    }
    for (long i = 0; i < count; i++)
        printf("%ld\n", took[i]);
    return 0;
}
