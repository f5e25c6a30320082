/**
 * Sockets.
 *
 * NetBSD: sys/sys/socket.h, socket(2).
 */

// Kinds, and flags or-ed to them.
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_RDM = 4;
export const SOCK_SEQPACKET = 5;
export const SOCK_CONN_DGRAM = 6;
export const SOCK_DCCP = SOCK_CONN_DGRAM;
export const SOCK_CLOEXEC = 0x10000000;
export const SOCK_NONBLOCK = 0x20000000;
export const SOCK_NOSIGPIPE = 0x40000000;
export const SOCK_FLAGS_MASK = 0xf0000000;

// Options of level SOL_SOCKET.
export const SO_DEBUG = 0x0001;
export const SO_ACCEPTCONN = 0x0002;
export const SO_REUSEADDR = 0x0004;
export const SO_KEEPALIVE = 0x0008;
export const SO_DONTROUTE = 0x0010;
export const SO_BROADCAST = 0x0020;
export const SO_USELOOPBACK = 0x0040;
export const SO_LINGER = 0x0080;
export const SO_OOBINLINE = 0x0100;
export const SO_REUSEPORT = 0x0200;
export const SO_NOSIGPIPE = 0x0800;
export const SO_ACCEPTFILTER = 0x1000;
export const SO_TIMESTAMP = 0x2000;
export const SO_SNDBUF = 0x1001;
export const SO_RCVBUF = 0x1002;
export const SO_SNDLOWAT = 0x1003;
export const SO_RCVLOWAT = 0x1004;
export const SO_ERROR = 0x1007;
export const SO_TYPE = 0x1008;
export const SO_OVERFLOWED = 0x1009;
export const SO_NOHEADER = 0x100a;
export const SO_SNDTIMEO = 0x100b;
export const SO_RCVTIMEO = 0x100c;
export const SOL_SOCKET = 0xffff;

// Address families.
export const AF_UNSPEC = 0;
export const AF_LOCAL = 1;
export const AF_UNIX = AF_LOCAL;
export const AF_INET = 2;
export const AF_IMPLINK = 3;
export const AF_PUP = 4;
export const AF_CHAOS = 5;
export const AF_NS = 6;
export const AF_ISO = 7;
export const AF_OSI = AF_ISO;
export const AF_ECMA = 8;
export const AF_DATAKIT = 9;
export const AF_CCITT = 10;
export const AF_SNA = 11;
export const AF_DECnet = 12;
export const AF_DLI = 13;
export const AF_LAT = 14;
export const AF_HYLINK = 15;
export const AF_APPLETALK = 16;
export const AF_OROUTE = 17;
export const AF_LINK = 18;
export const AF_COIP = 20;
export const AF_CNT = 21;
export const AF_IPX = 23;
export const AF_INET6 = 24;
export const AF_ISDN = 26;
export const AF_E164 = AF_ISDN;
export const AF_NATM = 27;
export const AF_ARP = 28;
export const AF_BLUETOOTH = 31;
export const AF_IEEE80211 = 32;
export const AF_MPLS = 33;
export const AF_ROUTE = 34;
export const AF_MAX = 35;

// Families that only the kernel knows.
export const pseudo_AF_XTP = 19;
export const pseudo_AF_RTIP = 22;
export const pseudo_AF_PIP = 25;
export const pseudo_AF_KEY = 29;
export const pseudo_AF_HDRCMPLT = 30;

// Protocol families.
export const PF_UNSPEC = AF_UNSPEC;
export const PF_LOCAL = AF_LOCAL;
export const PF_UNIX = PF_LOCAL;
export const PF_INET = AF_INET;
export const PF_IMPLINK = AF_IMPLINK;
export const PF_PUP = AF_PUP;
export const PF_CHAOS = AF_CHAOS;
export const PF_NS = AF_NS;
export const PF_ISO = AF_ISO;
export const PF_OSI = AF_ISO;
export const PF_ECMA = AF_ECMA;
export const PF_DATAKIT = AF_DATAKIT;
export const PF_CCITT = AF_CCITT;
export const PF_SNA = AF_SNA;
export const PF_DECnet = AF_DECnet;
export const PF_DLI = AF_DLI;
export const PF_LAT = AF_LAT;
export const PF_HYLINK = AF_HYLINK;
export const PF_APPLETALK = AF_APPLETALK;
export const PF_OROUTE = AF_OROUTE;
export const PF_LINK = AF_LINK;
export const PF_XTP = pseudo_AF_XTP;
export const PF_COIP = AF_COIP;
export const PF_CNT = AF_CNT;
export const PF_INET6 = AF_INET6;
export const PF_IPX = AF_IPX;
export const PF_RTIP = pseudo_AF_RTIP;
export const PF_PIP = pseudo_AF_PIP;
export const PF_ISDN = AF_ISDN;
export const PF_E164 = AF_E164;
export const PF_NATM = AF_NATM;
export const PF_ARP = AF_ARP;
export const PF_KEY = pseudo_AF_KEY;
export const PF_BLUETOOTH = AF_BLUETOOTH;
export const PF_MPLS = AF_MPLS;
export const PF_ROUTE = AF_ROUTE;
export const PF_MAX = AF_MAX;

// Routing sysctl.
export const NET_RT_DUMP = 1;
export const NET_RT_FLAGS = 2;
export const NET_RT_OOIFLIST = 3;
export const NET_RT_OIFLIST = 4;
export const NET_RT_IFLIST = 5;
export const NET_RT_MAXID = 6;

// Flags of messages, and where the kernel finds their parts.
export const MSG_OOB = 0x0001;
export const MSG_PEEK = 0x0002;
export const MSG_DONTROUTE = 0x0004;
export const MSG_EOR = 0x0008;
export const MSG_TRUNC = 0x0010;
export const MSG_CTRUNC = 0x0020;
export const MSG_WAITALL = 0x0040;
export const MSG_DONTWAIT = 0x0080;
export const MSG_BCAST = 0x0100;
export const MSG_MCAST = 0x0200;
export const MSG_NOSIGNAL = 0x0400;
export const MSG_CMSG_CLOEXEC = 0x0800;
export const MSG_NBIO = 0x1000;
export const MSG_WAITFORONE = 0x2000;
export const MSG_NOTIFICATION = 0x4000;
export const MSG_USERFLAGS = 0x0ffffff;
export const MSG_NAMEMBUF = 0x1000000;
export const MSG_CONTROLMBUF = 0x2000000;
export const MSG_IOVUSRSPACE = 0x4000000;
export const MSG_LENUSRSPACE = 0x8000000;

// Kinds of control message, shutdown(2), longest queue of connections.
export const SCM_RIGHTS = 0x01;
export const SCM_TIMESTAMP = 0x08;
export const SCM_CREDS = 0x10;
export const SHUT_RD = 0;
export const SHUT_WR = 1;
export const SHUT_RDWR = 2;
export const SOMAXCONN = 128;
