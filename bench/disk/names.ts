/** The faulty file of the sample disk, and the recipe that treats it. */
export const FAULTY = 'Windows\\System32\\drivers\\CrowdStrike\\C-00000291-00000000-00000032.sys';
export const RECIPE = 'crowdstrike-291';
