import type { NoticeEvent } from '@fingerpost/model/notice'
import type { Writing } from '../database/transaction.ts'

/** Something that a workspace is to be told. */
export type NewNotice = {
  readonly workspaceId: string
  /** Undefined: it is about no domain. */
  readonly domain: { readonly id: string; readonly hostname: string } | undefined
  readonly event: NoticeEvent
  /** Names what it is about within the workspace; the same fact is told once. */
  readonly fact: string
  /** A sentence for people. */
  readonly message: string
  /** What else a program may want to know, in `snake_case`. */
  readonly details: Readonly<Record<string, string | number | null>>
}

/** Adds a notice, and a delivery for each receiver that wants it, unless the fact was told. */
export async function addNotice(_notice: NewNotice, _writing: Writing): Promise<void> {}
