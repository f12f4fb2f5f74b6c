import type { DeviceClass } from '@fingerpost/model/click'

/**
 * Tells the class of device that a User-Agent names, by a few plain words.
 *
 * The first line that matches counts. Nothing said is `unknown`; something said
 * that names no device a person holds or sits at (`curl`, a television, a
 * console) is `other`. An iPad that asks for desktop pages says it is a
 * Macintosh, and counts as one.
 */
export function deviceOf(userAgent: string | undefined): DeviceClass {
  if (userAgent === undefined || userAgent === '') return 'unknown'
  return DEVICE_WORDS.find(({ words }) => words.test(userAgent))?.device ?? 'other'
}

// Why in this order: televisions run Android, an Xbox says Windows, a phone says
// Linux, and Android leaves "Mobile" out on tablets.
const DEVICE_WORDS: readonly { readonly words: RegExp; readonly device: DeviceClass }[] = [
  {
    words: /\b(?:smart-?tv|apple ?tv|google ?tv|android tv|hbbtv|bravia|crkey)\b/i,
    device: 'other',
  },
  { words: /\b(?:tizen|web0s|webos)\b.*\btv\b/i, device: 'other' },
  { words: /\b(?:playstation|xbox|nintendo)\b/i, device: 'other' },
  { words: /\b(?:ipad|tablet|playbook|kindle|silk)\b/i, device: 'tablet' },
  { words: /\b(?:iphone|ipod|windows phone|opera mini|blackberry)\b/i, device: 'mobile' },
  { words: /\bandroid\b.*\bmobile\b|\bmobile\b.*\bandroid\b/i, device: 'mobile' },
  { words: /\bandroid\b/i, device: 'tablet' },
  { words: /\bmobile\b/i, device: 'mobile' },
  { words: /\b(?:windows nt|macintosh|x11|cros|linux)\b/i, device: 'desktop' },
]
