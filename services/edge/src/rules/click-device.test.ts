import type { DeviceClass } from '@fingerpost/model/click'
import t from 'tap'
import { deviceOf } from './click-device.ts'

const IPHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Mobile/15E148'
const CASES: readonly (readonly [userAgent: string | undefined, device: DeviceClass])[] = [
  [undefined, 'unknown'],
  ['', 'unknown'],
  [IPHONE, 'mobile'],
  ['Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) Version/12.1 Mobile/15E148', 'tablet'],
  ['Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile', 'mobile'],
  ['Mozilla/5.0 (Android 14; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0', 'mobile'],
  ['Mozilla/5.0 (Mobile; LG Android; rv:140.0)', 'mobile'],
  ['Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/140.0.0.0', 'tablet'],
  ['Mozilla/5.0 (Linux; Android 9; KFTRWI) Silk/99 like Chrome/99', 'tablet'],
  ['Opera/9.80 (J2ME/MIDP; Opera Mini/9.80; U; en)', 'mobile'],
  ['Mozilla/5.0 (Mobile; rv:48.0) Gecko/48.0 KAIOS/2.5', 'mobile'],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0.0.0', 'desktop'],
  ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.1 Safari/605.1.15', 'desktop'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'desktop'],
  ['Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chrome/140.0.0.0', 'desktop'],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One) Edge/44', 'other'],
  ['Mozilla/5.0 (Linux; Android 12; BRAVIA 4K VH2) Chrome/99', 'other'],
  ['Mozilla/5.0 (SMART-TV; Linux; Tizen 5.0) Version/2.2 TV Safari', 'other'],
  ['Mozilla/5.0 (Web0S; Linux/SmartTV) Chrome/79', 'other'],
  ['Mozilla/5.0 (Web0S; Linux; LG TV) Chrome/79', 'other'],
  ['curl/8.11.0', 'other'],
  ['androidish-thing/1.0', 'other'],
]

for (const [userAgent, device] of CASES) {
  t.test(`${String(userAgent)} is ${device}`, async (t) => {
    t.equal(deviceOf(userAgent), device)
  })
}
