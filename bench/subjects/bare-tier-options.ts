/** Which tier is asked, and with what. */
export type BareTierOptions =
  | { readonly kind: 'redis'; readonly url: string; readonly keysMax: number }
  | { readonly kind: 'echo'; readonly port: number; readonly requestOctets: number }
