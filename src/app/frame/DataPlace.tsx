/** The data sets: one is chosen or comes as a file, and its labels and rows are looked at. */
import { Boundary } from '../Boundary';
import { DataPanel } from '../panels/DataPanel';

export function DataPlace() {
  return (
    <Boundary name="Data">
      <DataPanel />
    </Boundary>
  );
}
