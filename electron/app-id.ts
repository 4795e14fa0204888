// The app's name among all apps of a system: what the package is registered as, and its windows on Windows.

export const APP_ID = 'org.arenascope.app';
