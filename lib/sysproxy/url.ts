/**
 * Where a server is: `unix:///path` or `tcp://127.0.0.1:port`.
 *
 * NetBSD: lib/librumpuser/sp_common.c (parseurl).
 */

export type Address =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** Bytes of the path of a unix socket at most, without its NUL: the host would cut off the rest. */
const SUN_PATH_MAX = 107;

/** @returns null when it is no address */
export function parseUrl(url: string): Address | null {
  const unix = /^unix:\/\/(.+)$/.exec(url)?.[1];
  if (unix !== undefined) {
    return unix.includes('\0') || Buffer.byteLength(unix) > SUN_PATH_MAX
      ? null
      : { kind: 'unix', path: unix };
  }
  const tcp = /^tcp:\/\/(\*|[0-9.]+|localhost):(\d{1,5})\/?$/.exec(url);
  const port = Number(tcp?.[2]);
  if (tcp === null || port > 65535) {
    return null;
  }
  const host = tcp[1] as string;
  return { kind: 'tcp', host: host === '*' || host === '0' ? '0.0.0.0' : host, port };
}

export function formatUrl(address: Address): string {
  return address.kind === 'unix' ? `unix://${address.path}` : `tcp://${address.host}:${address.port}`;
}

/** Does it stay on this machine? */
export function isLoopback(address: Address): boolean {
  return address.kind === 'unix' || address.host === 'localhost' || address.host.startsWith('127.');
}
