// Original file: proto/fingerpost/core/v1/core.proto

export const DeviceClass = {
  DEVICE_CLASS_UNSPECIFIED: 'DEVICE_CLASS_UNSPECIFIED',
  DEVICE_CLASS_DESKTOP: 'DEVICE_CLASS_DESKTOP',
  DEVICE_CLASS_MOBILE: 'DEVICE_CLASS_MOBILE',
  DEVICE_CLASS_TABLET: 'DEVICE_CLASS_TABLET',
  DEVICE_CLASS_OTHER: 'DEVICE_CLASS_OTHER',
} as const;

export type DeviceClass =
  | 'DEVICE_CLASS_UNSPECIFIED'
  | 0
  | 'DEVICE_CLASS_DESKTOP'
  | 1
  | 'DEVICE_CLASS_MOBILE'
  | 2
  | 'DEVICE_CLASS_TABLET'
  | 3
  | 'DEVICE_CLASS_OTHER'
  | 4

export type DeviceClass__Output = typeof DeviceClass[keyof typeof DeviceClass]
