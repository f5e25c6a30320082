/**
 * Clock discipline.
 *
 * NetBSD: sys/sys/timex.h, ntp_adjtime(2).
 */

// What ntp_adjtime(2) sets.
export const MOD_OFFSET = 0x0001;
export const MOD_FREQUENCY = 0x0002;
export const MOD_MAXERROR = 0x0004;
export const MOD_ESTERROR = 0x0008;
export const MOD_STATUS = 0x0010;
export const MOD_TIMECONST = 0x0020;
export const MOD_PPSMAX = 0x0040;
export const MOD_TAI = 0x0080;
export const MOD_MICRO = 0x1000;
export const MOD_NANO = 0x2000;
export const MOD_CLKB = 0x4000;
export const MOD_CLKA = 0x8000;

// State of the clock loop.
export const STA_PLL = 0x0001;
export const STA_PPSFREQ = 0x0002;
export const STA_PPSTIME = 0x0004;
export const STA_FLL = 0x0008;
export const STA_INS = 0x0010;
export const STA_DEL = 0x0020;
export const STA_UNSYNC = 0x0040;
export const STA_FREQHOLD = 0x0080;
export const STA_PPSSIGNAL = 0x0100;
export const STA_PPSJITTER = 0x0200;
export const STA_PPSWANDER = 0x0400;
export const STA_PPSERROR = 0x0800;
export const STA_CLOCKERR = 0x1000;
export const STA_NANO = 0x2000;
export const STA_MODE = 0x4000;
export const STA_CLK = 0x8000;
export const STA_RONLY =
  STA_PPSSIGNAL | STA_PPSJITTER | STA_PPSWANDER | STA_PPSERROR | STA_CLOCKERR | STA_NANO | STA_MODE | STA_CLK;

// Return values.
export const TIME_OK = 0;
export const TIME_INS = 1;
export const TIME_DEL = 2;
export const TIME_OOP = 3;
export const TIME_WAIT = 4;
export const TIME_ERROR = 5;
