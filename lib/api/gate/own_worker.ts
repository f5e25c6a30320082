/** The program of the thread that a kernel has to itself. */
import { ownThread } from '../index.ts';

ownThread();
