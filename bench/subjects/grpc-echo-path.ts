/** The method that the echo serves. */
export const ECHO_PATH = '/fingerpost.bench.Echo/Echo'
