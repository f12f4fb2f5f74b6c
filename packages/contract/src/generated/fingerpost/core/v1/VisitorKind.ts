// Original file: proto/fingerpost/core/v1/core.proto

export const VisitorKind = {
  VISITOR_KIND_UNSPECIFIED: 'VISITOR_KIND_UNSPECIFIED',
  VISITOR_KIND_HUMAN: 'VISITOR_KIND_HUMAN',
  VISITOR_KIND_BOT: 'VISITOR_KIND_BOT',
  VISITOR_KIND_PREFETCH: 'VISITOR_KIND_PREFETCH',
  VISITOR_KIND_HEAD: 'VISITOR_KIND_HEAD',
} as const;

export type VisitorKind =
  | 'VISITOR_KIND_UNSPECIFIED'
  | 0
  | 'VISITOR_KIND_HUMAN'
  | 1
  | 'VISITOR_KIND_BOT'
  | 2
  | 'VISITOR_KIND_PREFETCH'
  | 3
  | 'VISITOR_KIND_HEAD'
  | 4

export type VisitorKind__Output = typeof VisitorKind[keyof typeof VisitorKind]
