/**
 * Security models, as things with a name: what decides is their kauth listeners; this is how they are listed,
 * and how others ask one of them what it thinks.
 *
 * NetBSD: sys/secmodel/secmodel.c, secmodel(9).
 */
import { EEXIST, EINVAL, ENOENT } from '../sys/errno.ts';
import { KASSERT } from './kassert.ts';
import type { Kernel } from './kernel.ts';

export interface Secmodel {
  /** `org.netbsd.secmodel.suser`. */
  readonly id: string;
  /** In words. */
  readonly name: string;
  /** Answers questions of that model's own making. @throws EINVAL it does not know the question */
  readonly evaluate?: (what: string, arg: unknown) => boolean;
}

/** @returns what takes it out of the list again. @throws EEXIST EINVAL. NetBSD: secmodel_register */
export function secmodelRegister(k: Kernel, model: Secmodel): () => void {
  const { id, name } = model;
  if (typeof id !== 'string' || id === '' || typeof name !== 'string') {
    throw EINVAL;
  }
  if (k.secmodels.has(id)) {
    throw EEXIST;
  }
  k.secmodels.set(id, model);
  return () => {
    KASSERT(k.secmodels.get(id) === model, 'security model deregistered twice');
    k.secmodels.delete(id);
  };
}

/**
 * Ask the model `id`.
 * @throws EINVAL no such model, or it does not know the question; ENOENT it answers none. NetBSD:
 * secmodel_eval
 */
export function secmodelEval(k: Kernel, id: string, what: string, arg: unknown): boolean {
  const model = k.secmodels.get(id);
  if (model === undefined) {
    throw EINVAL;
  }
  if (model.evaluate === undefined) {
    throw ENOENT;
  }
  return model.evaluate(what, arg);
}
