/** The public face of rumpkernel. */
// `kernel.fs` has the types of node:fs, and TypeScript loads those of Node only where they are asked for.
/// <reference types="node" preserve="true" />

export type { Component } from '../kern/component.ts';
export type { Cdevsw } from '../kern/devsw.ts';
export {
  KAUTH_RESULT_ALLOW,
  KAUTH_RESULT_DEFER,
  KAUTH_RESULT_DENY,
  type KauthAction,
  type KauthListener,
  type KauthScope,
} from '../kern/kauth.ts';
export { type KinfoProc, kinfoDecode } from '../kern/kinfo.ts';
export { andThen, type MaySleep, type Soon } from '../kern/maysleep.ts';
export type { Modinfo } from '../kern/module.ts';
export type { PropDictionary, PropValue } from '../kern/prop.ts';
export type { Secmodel } from '../kern/secmodel.ts';
export type { SysctlDecoded } from '../kern/sysctl.ts';
export { KINFO_FILE, type KinfoFile } from '../kern/sysctl_file.ts';
export { KINFO_PROC2 } from '../kern/sysctl_kinfo.ts';
export { nativeHost } from '../rumpuser/native.ts';
export { type Rumpuser, RumpuserAssertion } from '../rumpuser/rumpuser.ts';
export { simulatedHost } from '../rumpuser/sim.ts';
export * as constants from '../sys/constants/index.ts';
export * as errno from '../sys/errnos.ts';
export { nameDecode, nameEncode } from '../sys/pathname.ts';
export { SIGSET_EMPTY, SIGSET_FULL, sigaddset, sigdelset, sigismember, sigset } from '../sys/sigset.ts';
export { genfsOps } from '../vfs/genfs.ts';
export type { FsSpace, Mount, Vfsops } from '../vfs/mount.ts';
export { type Owned, type Vnode, type Vtype, vnodeNew, vref } from '../vfs/vnode.ts';
export type { DirEntry, NewNode, Setattr, Vnodeops } from '../vfs/vnodeops.ts';
export { type BootOptions, boot } from './boot.ts';
export { components } from './components.ts';
export { type ConnectOptions, connect, type RemoteProc } from './connect.ts';
export type { ConsoleInput, ConsolePiece, ConsoleSink } from './console.ts';
export { BootOptionError, KernelDead, SysError } from './errors.ts';
export type { EtfsKeys, EtfsRegisterOptions, EtfsType } from './etfs.ts';
export type { PromiseCalls, SysCalls } from './facade.ts';
export { defineFilesystem } from './filesystem.ts';
export { type AttachOptions, attach, GateLwp, GateProc, type Shared } from './gate/attach.ts';
export type { OwnBootOptions, OwnKernel, OwnModules } from './gate/own.ts';
export { ownThread } from './gate/own_thread.ts';
export type { BootStage, Kernel, KernelStats } from './kernel.ts';
export type { ClientEvent, Listener, ListenOptions } from './listen.ts';
export type { SysctlVariable, SysctlVariableValue } from './module_sysctl.ts';
export {
  defineModule,
  type Ksyms,
  type ModuleContext,
  type ModuleSpec,
  type ModuleStatus,
  type Modules,
} from './modules.ts';
export type { NewprocOptions } from './newproc.ts';
export { propExternalize, propInternalize } from './plist.ts';
export type { LwpHandle, Proc } from './proc.ts';
export type { SyscallProxy } from './proxy.ts';
export type { ProcState, ProcStatus } from './ps.ts';
export type { Trace, TraceEvent, TraceOptions } from './trace.ts';
