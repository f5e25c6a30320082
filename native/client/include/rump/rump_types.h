/* NetBSD's structures, as 64-bit little-endian machines have them. Fields have the names of the kernel's own
 * without prefix clutter: what the host calls st_size is st_size here too. */
#ifndef RUMP_TYPES_H
#define RUMP_TYPES_H

#include <stdint.h>

struct rump_timespec {
  int64_t tv_sec;
  int64_t tv_nsec;
};

struct rump_timeval {
  int64_t tv_sec;
  int32_t tv_usec;
  int32_t tv_pad;
};

struct rump_itimerval {
  struct rump_timeval it_interval;
  struct rump_timeval it_value;
};

struct rump_itimerspec {
  struct rump_timespec it_interval;
  struct rump_timespec it_value;
};

struct rump_stat {
  uint64_t st_dev;
  uint32_t st_mode;
  uint64_t st_ino;
  uint32_t st_nlink;
  uint32_t st_uid;
  uint32_t st_gid;
  uint64_t st_rdev;
  struct rump_timespec st_atim;
  struct rump_timespec st_mtim;
  struct rump_timespec st_ctim;
  struct rump_timespec st_birthtim;
  int64_t st_size;
  int64_t st_blocks;
  int32_t st_blksize;
  uint32_t st_flags;
  uint32_t st_gen;
  uint32_t st_spare[2];
};

struct rump_statvfs {
  uint64_t f_flag, f_bsize, f_frsize, f_iosize;
  uint64_t f_blocks, f_bfree, f_bavail, f_bresvd;
  uint64_t f_files, f_ffree, f_favail, f_fresvd;
  uint64_t f_syncreads, f_syncwrites, f_asyncreads, f_asyncwrites;
  uint32_t f_fsidx[2];
  uint64_t f_fsid, f_namemax;
  uint32_t f_owner, f_spare[4];
  char f_fstypename[32], f_mntonname[1024], f_mntfromname[1024];
  uint32_t f_pad;
};

struct rump_kevent {
  uint64_t ident;
  uint32_t filter;
  uint32_t flags;
  uint32_t fflags;
  uint32_t pad;
  int64_t data;
  int64_t udata;
};

struct rump_pollfd {
  int32_t fd;
  int16_t events;
  int16_t revents;
};

struct rump_flock {
  int64_t l_start;
  int64_t l_len;
  int32_t l_pid;
  int16_t l_type;
  int16_t l_whence;
};

struct rump_rlimit {
  uint64_t rlim_cur;
  uint64_t rlim_max;
};

typedef struct {
  uint32_t bits[4];
} rump_sigset_t;

struct rump_sigaction {
  /* 0: default, 1: ignore, anything else: raised here. */
  uint64_t handler;
  rump_sigset_t mask;
  int32_t flags;
  int32_t pad;
};

struct rump_rusage {
  struct rump_timeval ru_utime, ru_stime;
  int64_t ru_maxrss, ru_ixrss, ru_idrss, ru_isrss, ru_minflt, ru_majflt, ru_nswap;
  int64_t ru_inblock, ru_oublock, ru_msgsnd, ru_msgrcv, ru_nsignals, ru_nvcsw, ru_nivcsw;
};

/* Addresses of sockets: the first byte is the length, which the kernel does not need; the second the family.
 */
struct rump_sockaddr {
  uint8_t sa_len;
  uint8_t sa_family;
  char sa_data[14];
};

struct rump_sockaddr_un {
  uint8_t sun_len;
  uint8_t sun_family;
  char sun_path[104];
};

struct rump_sockaddr_storage {
  uint8_t ss_len;
  uint8_t ss_family;
  char ss_pad[6];
  int64_t ss_align;
  char ss_rest[112];
};

struct iovec;

struct rump_msghdr {
  void *msg_name;
  uint32_t msg_namelen;
  struct iovec *msg_iov;
  int32_t msg_iovlen;
  void *msg_control;
  uint32_t msg_controllen;
  int32_t msg_flags;
};

struct rump_mmsghdr {
  struct rump_msghdr msg_hdr;
  uint32_t msg_len;
};

/* Control messages lie one behind the other at multiples of 8 bytes, each with its data 16 bytes from its
 * beginning. */
struct rump_cmsghdr {
  uint32_t cmsg_len;
  int32_t cmsg_level;
  int32_t cmsg_type;
  int32_t cmsg_pad;
};

/* Entries as getdents fills them lie one behind the other, d_reclen bytes each. */
struct rump_dirent {
  uint64_t d_ino;
  uint16_t d_reclen;
  uint16_t d_namlen;
  uint8_t d_type;
  char d_name[512];
};

#endif
